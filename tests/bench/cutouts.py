"""How good cut-outs are, on photos whose masks are known: a table per engine.

    OMP_NUM_THREADS=1 nice .venv/bin/python -m tests.bench.cutouts [--each] [--save FOLDER]

Forty rendered product photos (tests/support/shots) and five photographs with outlines drawn by
hand. `--each` prints every photo, `--save` writes what was cut out.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from appliance.core.picture import Picture
from appliance.engines.matting.selfie import load
from appliance.engines.registry import CPU
from appliance.media.pictures.cutout import cut_out
from tests.support.shots.photographs import photographs
from tests.support.shots.rendered import Shot, render
from tests.support.shots.takes import TAKES
from tests.support.weights import real_model

Mask = NDArray[np.float32]
Engine = Callable[[Picture], Mask]


@dataclass(frozen=True)
class Score:
    """How near a cut-out is to the truth. `iou` 0…1 at one half; `edge`: the mean distance between
    the two outlines, both ways, in hundredths of the picture's diagonal; `alpha`: the mean
    difference of alpha, 0…1.
    """

    name: str
    kind: str
    iou: float
    edge: float
    alpha: float


def classical(picture: Picture) -> Mask:
    return cut_out(picture).alpha


def engines() -> Mapping[str, Engine]:
    """Those there are: without weights, and with the network for people."""
    people = load(real_model("person-selfie"), CPU)

    def person_selfie(picture: Picture) -> Mask:
        return cut_out(picture, person=people.mask(picture)).alpha

    return {"classical": classical, "person-selfie": person_selfie}


def score(shot: Shot, alpha: Mask) -> Score:
    found, truth = alpha > 0.5, shot.mask > 0.5
    iou = float((found & truth).sum() / max(1, (found | truth).sum()))
    differs = float(np.abs(alpha - shot.mask).mean())
    return Score(shot.name, shot.kind, iou, _edge(found, truth), differs)


def _edge(found: NDArray[np.bool_], truth: NDArray[np.bool_]) -> float:
    diagonal = float(np.hypot(*truth.shape))
    ours, its = _outline(found), _outline(truth)
    if not ours.any() or not its.any():
        return 100.0
    there = ndimage.distance_transform_edt(~its)[ours].mean()
    back = ndimage.distance_transform_edt(~ours)[its].mean()
    return float(100 * (there + back) / 2 / diagonal)


def _outline(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.asarray(mask & ~ndimage.binary_erosion(mask, border_value=1))


def shots() -> Iterator[Shot]:
    yield from (render(take) for take in TAKES)
    yield from photographs()


def judged(engine: Engine, of: Iterable[Shot]) -> list[Score]:
    return [score(shot, engine(Picture(shot.pixels))) for shot in of]


def _mean(scores: list[Score]) -> str:
    iou, edge, alpha = (np.mean([getattr(s, what) for s in scores]) for what in _FIGURES)
    worst = min(scores, key=lambda each: each.iou)
    return f"{iou:.3f} | {edge:.2f} | {alpha:.3f} | {worst.iou:.2f} ({worst.name})"


_FIGURES = ("iou", "edge", "alpha")


def _table(engine: str, scores: list[Score]) -> Iterator[str]:
    for kind, each in groupby(scores, key=lambda one: one.kind):
        found = list(each)
        yield f"| {engine} | {kind} | {len(found)} | {_mean(found)} |"
    rendered = [one for one in scores if one.kind != "photograph"]
    yield f"| {engine} | all rendered | {len(rendered)} | {_mean(rendered)} |"


def _save(folder: Path, shot: Shot, alpha: Mask, engine: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    ground = np.float32((255, 0, 255))
    shown = shot.pixels * alpha[..., None] + ground * (1 - alpha[..., None])
    both = np.concatenate([shot.pixels, shown.astype(np.uint8)], axis=1)
    Image.fromarray(both).save(folder / f"{shot.name.replace(' ', '-')}-{engine}.png")


def main(arguments: list[str]) -> None:
    taken = list(shots())
    print("| engine | ground | photos | IoU | edge, % of diagonal | alpha | worst IoU |")
    print("|---|---|---|---|---|---|---|")
    for name, engine in engines().items():
        scores = []
        for shot in taken:
            alpha = engine(Picture(shot.pixels))
            scores.append(score(shot, alpha))
            if "--save" in arguments:
                _save(Path(arguments[arguments.index("--save") + 1]), shot, alpha, name)
        for line in _table(name, scores):
            print(line)
        for each in sorted(scores, key=lambda one: one.iou) if "--each" in arguments else ():
            print(f"{each.iou:.3f} {each.edge:6.2f} {each.alpha:.3f}  {each.name}")


if __name__ == "__main__":
    main(sys.argv[1:])
