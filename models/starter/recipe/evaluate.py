"""Seventh step: draw pairs of object and background that were never learnt, in words never learnt,
and judge them.

    python models/starter/recipe/evaluate.py --work data/starter --sheet sheet.webp

Says how often the judge names the object rightly, how often the background is within ΔE 20 of the
one asked for, and whether two seeds give different pictures. Draws through the stock pipeline of
diffusers.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from captions import HELD_OUT, held_out, said, thing
from concepts import COLOURS
from diffusers import StableDiffusionPipeline
from judge import background, cut_out, fresh
from PIL import Image
from skimage.color import deltaE_ciede2000, rgb2lab
from torch import Tensor

NEAR_ENOUGH = 20.0
BATCH = 10


def prompts(names: list[str]) -> list[tuple[str, str, str]]:
    """(prompt, object, colour) of every held-out pair."""
    pairs = sorted(held_out(names, list(COLOURS)))
    return [
        (said(HELD_OUT[each % len(HELD_OUT)], thing(name), colour), name, colour)
        for each, (name, colour) in enumerate(pairs)
    ]


def draw(pipe: Any, words: list[str], seeds: list[int], steps: int, guidance: float) -> Tensor:
    """Pictures (n, 3, s, s), 0..1."""
    made = []
    for start in range(0, len(words), BATCH):
        dice = [torch.Generator().manual_seed(seed) for seed in seeds[start : start + BATCH]]
        made.append(
            pipe(
                words[start : start + BATCH],
                num_inference_steps=steps,
                guidance_scale=guidance,
                generator=dice,
                output_type="pt",
            )
            .images.float()
            .cpu()
        )
    return torch.cat(made)


def colour_off(pictures: Tensor, colours: list[str]) -> np.ndarray[Any, Any]:
    """ΔE 2000 of each picture's background from the colour asked for."""
    found = background(pictures).mean((2, 3)).numpy()
    wanted = np.array([COLOURS[each] for each in colours]) / 255
    off: np.ndarray[Any, Any] = deltaE_ciede2000(rgb2lab(found), rgb2lab(wanted))
    return off


def named(work: Path, pictures: Tensor, names: list[str]) -> Tensor:
    """(n, 2): whether the judge's first word, and one of its first five, is the object's name."""
    stored = torch.load(work / "judge.pt", weights_only=True)
    judge = fresh(len(stored["names"]))
    judge.load_state_dict(stored["state"])
    judge.eval()
    right = torch.tensor([stored["names"].index(each) for each in names])[:, None]
    with torch.no_grad():
        best = judge(cut_out(pictures)).topk(5).indices
    return torch.stack([best[:, 0] == right[:, 0], (best == right).any(1)], 1)


def sheet(pictures: Tensor, path: Path, columns: int = 8) -> None:
    """A small picture of many."""
    rows = len(pictures) // columns
    side = pictures.shape[-1]
    grid = pictures[: rows * columns].reshape(rows, columns, 3, side, side).permute(0, 3, 1, 4, 2)
    pixels = (grid.reshape(rows * side, columns * side, 3) * 255).round().byte().numpy()
    Image.fromarray(pixels).save(path, quality=82)


def main() -> None:
    ask = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    ask.add_argument("--work", type=Path, default=Path("data/starter"))
    ask.add_argument("--pipeline", type=Path, default=Path("models/starter"))
    ask.add_argument("--steps", type=int, default=20)
    ask.add_argument("--guidance", type=float, default=3.5)
    ask.add_argument("--count", type=int, default=200, help="fewer, for a look in between")
    ask.add_argument("--sheet", type=Path, help="where to save a sheet of samples")
    args = ask.parse_args()
    pipe = StableDiffusionPipeline.from_pretrained(
        args.pipeline, local_files_only=True, torch_dtype=torch.float32
    )
    pipe.set_progress_bar_config(disable=True)
    pipe.to("cuda" if torch.cuda.is_available() else "cpu")
    names = torch.load(args.work / "judge.pt", weights_only=True)["names"]
    asked = prompts(names)
    asked = asked[:: max(1, len(asked) // args.count)][: args.count]
    words = [each[0] for each in asked]
    began = time.monotonic()
    pictures = draw(pipe, words, list(range(len(words))), args.steps, args.guidance)
    spent = (time.monotonic() - began) / len(words)
    others = draw(
        pipe, words[:BATCH], [1000 + each for each in range(BATCH)], args.steps, args.guidance
    )
    right = named(args.work, pictures, [each[1] for each in asked]).float()
    off = colour_off(pictures, [each[2] for each in asked])
    figures = {
        "pairs": len(words),
        "object_top1": round(float(right[:, 0].mean()), 3),
        "object_top5": round(float(right[:, 1].mean()), 3),
        "colour_within_20": round(float((off <= NEAR_ENOUGH).mean()), 3),
        "colour_median": round(float(np.median(off)), 1),
        "seeds_differ": bool(((pictures[:BATCH] - others).abs().mean((1, 2, 3)) > 0.01).all()),
        "seconds_each": round(spent, 2),
        "steps": args.steps,
        "guidance": args.guidance,
    }
    (args.work / "figures.json").write_text(json.dumps(figures, indent=2) + "\n")
    print(json.dumps(figures))
    if args.sheet:
        sheet(pictures[torch.linspace(0, len(pictures) - 1, 40).long()], args.sheet)


if __name__ == "__main__":
    main()
