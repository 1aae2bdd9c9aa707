"""Product photos beside plain libraries doing the same, in one process.

The rivals are written as their users write them: Pillow alone; pyvips where it is installed (it is
no dependency of the box); and for cutting out the usual way round a network's small mask, which
here is our own mask at the same small size, so that only what is done around it differs.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageOps

from appliance import media
from appliance.cli.bench.beside import Compared, FolderContext, seconds_of
from appliance.cli.bench.pictures import SIZE
from appliance.core.files import Kind, Upload
from appliance.core.operation import Operation
from appliance.core.picture import Picture
from appliance.operations import discover

_MUG = Path(__file__).parents[1] / "demo" / "mug.jpg"
_SIDE = 2000
_CHECKED = 1600
_MASK_PX = 1024  # what networks for cutting out take


@dataclass(frozen=True)
class Case:
    """One operation, what is asked of it, and the rivals by name."""

    name: str
    operation: str
    image: Path
    asked: Mapping[str, Any]
    rivals: Mapping[str, Callable[[], object]] = field(default_factory=dict)


def measure(rounds: int) -> Iterator[Compared]:
    """Measure each case `rounds` times, in alternation with its rivals, on one thread each as a
    media child has. Both sides read the file from disk and write their result there.
    """
    cv2.setNumThreads(1)
    catalogue = discover()
    with tempfile.TemporaryDirectory(prefix="appliance-bench-") as name:
        for case in _cases(Path(name)):
            yield from _compared(catalogue[case.operation], case, Path(name), rounds)


def _compared(
    operation: Operation[Any], case: Case, folder: Path, rounds: int
) -> Iterator[Compared]:
    params = operation.read({"image": _upload(case.image), **case.asked})
    ours: list[float] = []
    theirs: dict[str, list[float]] = {name: [] for name in case.rivals}
    for _ in range(rounds):
        ours.append(seconds_of(lambda: operation.run(FolderContext(folder), params)))
        for name, rival in case.rivals.items():
            theirs[name].append(seconds_of(rival))
    for name, seconds in theirs.items():
        yield Compared(f"{case.name} / {name}", tuple(ours), tuple(seconds))


def _cases(folder: Path) -> Iterator[Case]:
    photo, target = _photo(folder), folder / "rival"
    vips = _pyvips()
    yield Case(
        "process 12 MP to 2000²",
        "product.process",
        photo,
        {"width": _SIDE, "height": _SIDE},
        {"Pillow round a small mask": lambda: _framed_by_pillow(photo, target)},
    )
    for form, how in (("webp", {"quality": 85}), ("avif", {"quality": 70, "speed": 8})):
        yield Case(
            f"convert 12 MP to {form.upper()}",
            "tools.image_convert",
            photo,
            {"output_format": form},
            _converters(photo, target, form, how, vips),
        )
    checked = folder / "checked.jpg"
    _framed_by_pillow(photo, checked, _CHECKED)
    yield Case(
        "compliance of 1600²",
        "product.compliance",
        checked,
        {"marketplaces": ["amazon"]},
        {"Pillow and numpy, four of the rules": lambda: _checked_by_numpy(checked)},
    )


def _photo(folder: Path) -> Path:
    """The demo's mug with the pixels and the grain of a camera, as JPEG."""
    large = cv2.resize(np.asarray(Image.open(_MUG)), SIZE, interpolation=cv2.INTER_CUBIC)
    noise = np.random.default_rng(7).normal(0, 2, large.shape)
    path = folder / "photo.jpg"
    Image.fromarray(np.clip(large + noise, 0, 255).astype(np.uint8)).save(path, quality=92)
    return path


def _upload(path: Path) -> Upload:
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    facts = media.probe(path, "image/jpeg")
    return Upload("upl_bench", path, path.name, "image/jpeg", Kind.IMAGE, len(data), digest, facts)


def _framed_by_pillow(photo: Path, target: Path, side: int = _SIDE) -> None:
    image = ImageOps.exif_transpose(Image.open(photo)).convert("RGB")
    small = image.copy()
    small.thumbnail((_MASK_PX, _MASK_PX), Image.Resampling.LANCZOS)
    alpha = media.cut_out(Picture(np.array(small))).alpha
    mask = Image.fromarray((alpha * 255).astype(np.uint8))
    image.putalpha(mask.resize(image.size, Image.Resampling.LANCZOS))
    product = image.crop(image.getchannel("A").point(lambda level: 255 * (level > 25)).getbbox())
    inner = side - 2 * round(0.08 * side)
    product = ImageOps.contain(product, (inner, inner), Image.Resampling.LANCZOS)
    frame = Image.new("RGB", (side, side), "white")
    place = ((side - product.width) // 2, (side - product.height) // 2)
    frame.paste(product, place, product)
    frame.save(target, "JPEG", quality=92, subsampling=0, optimize=True)


def _converters(
    photo: Path, target: Path, form: str, how: Mapping[str, int], vips: Any
) -> Mapping[str, Callable[[], object]]:
    def by_pillow() -> None:
        ImageOps.exif_transpose(Image.open(photo)).save(target, form.upper(), **how)

    def by_vips() -> None:
        image = vips.Image.new_from_file(str(photo), access="sequential").autorot()
        # libvips counts effort from 0 to 9 where libavif counts speed from 10 to 0.
        effort = {} if form == "webp" else {"effort": 2, "compression": "av1"}
        save = image.webpsave if form == "webp" else image.heifsave
        save(f"{target}.{form}", Q=how["quality"], strip=True, **effort)

    return {"Pillow": by_pillow} | ({"pyvips": by_vips} if vips else {})


def _pyvips() -> Any:
    with suppress(ImportError, OSError):
        vips = import_module("pyvips")
        vips.cache_set_max(0)
        return vips
    return None


def _checked_by_numpy(photo: Path) -> dict[str, object]:
    """Border, fill, edge touch and size, as a script of some lines does."""
    levels = np.asarray(Image.open(photo).convert("RGB")).astype(np.int16)
    white = np.asarray((levels >= 253).all(2))
    wide = max(2, min(white.shape) // 100)
    strips = (white[:wide], white[-wide:], white[:, :wide], white[:, -wide:])
    ys, xs = np.where(~(levels >= 250).all(2))
    return {
        "ring": np.concatenate([each.ravel() for each in strips]).mean(),
        "fill": max(np.ptp(xs) / white.shape[1], np.ptp(ys) / white.shape[0]),
        "touch": bool(xs.min() == 0 or ys.min() == 0),
        "longest": max(white.shape),
    }
