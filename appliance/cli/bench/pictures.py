"""The picture tools on a 12-megapixel photo, beside Pillow doing the same, in one process."""

from __future__ import annotations

import hashlib
import io
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps

from appliance import media
from appliance.cli.bench.beside import Compared, FolderContext, seconds_of
from appliance.core.files import Kind, Upload
from appliance.core.operation import Operation
from appliance.operations import discover

SIZE = (4000, 3000)
_CELL = (600, 600)
_QUALITIES = range(50, 96, 3)
_TARGET_KB = 900


def measure(rounds: int) -> Iterator[Compared]:
    """Measure each tool `rounds` times, in alternation with Pillow, on one cv2 thread as a media
    child has. Each side reads the file from disk and writes its result there.
    """
    cv2.setNumThreads(1)
    catalogue = discover()
    with tempfile.TemporaryDirectory(prefix="appliance-bench-") as name:
        folder = Path(name)
        photo = _photo(folder)
        for tool, asked, plain in _cases(photo.path, folder / "plain"):
            operation = catalogue[f"tools.{tool.partition(' ')[0].replace('-', '_')}"]
            files = (
                {"images": [photo] * 9} if operation.name == "tools.collage" else {"image": photo}
            )
            params = operation.read({**files, **asked})
            turns = [_turn(folder, operation, params, plain) for _ in range(rounds)]
            yield Compared(tool, tuple(ours for ours, _ in turns), tuple(own for _, own in turns))


def _turn(
    folder: Path, operation: Operation[Any], params: Any, plain: Callable[[], None]
) -> tuple[float, float]:
    ours = seconds_of(lambda: operation.run(FolderContext(folder), params))
    return ours, seconds_of(plain)


def _photo(folder: Path) -> Upload:
    """Soft colours with the grain of a camera, as JPEG."""
    grain = np.random.default_rng(7)
    soft = np.asarray(cv2.resize(grain.integers(0, 255, (45, 60, 3), np.uint8), SIZE))
    noise = grain.normal(0, 3, soft.shape).astype(np.int16)
    path = folder / "photo.jpg"
    pixels = np.clip(soft.astype(np.int16) + noise, 0, 255).astype(np.uint8)
    Image.fromarray(pixels).save(path, quality=92)
    data = path.read_bytes()
    return Upload(
        id="upl_bench",
        path=path,
        name=path.name,
        mime="image/jpeg",
        kind=Kind.IMAGE,
        bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        facts=media.probe(path, "image/jpeg"),
    )


def _cases(
    photo: Path, target: Path
) -> Iterator[tuple[str, Mapping[str, Any], Callable[[], None]]]:
    """(tool, what is asked of it, Pillow's way to the same)."""

    def saved(image: Image.Image, form: str = "JPEG", **how: Any) -> None:
        usual = {"quality": 90, "subsampling": 0, "optimize": True} if form == "JPEG" else {}
        image.save(target, form, **{**usual, **how})

    def read() -> Image.Image:
        return ImageOps.exif_transpose(Image.open(photo))

    yield "image-convert webp", {"output_format": "webp"}, lambda: saved(read(), "WEBP", quality=85)
    yield (
        "image-convert avif",
        {"output_format": "avif"},
        lambda: saved(read(), "AVIF", quality=70, speed=8),
    )
    yield "image-resize", {"width": 1600}, lambda: saved(_thumbnail(photo, (1600, 1200)))
    yield (
        "image-compress quality",
        {"quality": 75},
        lambda: saved(read(), quality=75, subsampling=2),
    )
    yield "image-compress target", {"target_kb": _TARGET_KB}, lambda: _searched(read(), target)
    yield (
        "image-crop",
        {"aspect": "1:1", "mode": "center"},
        lambda: saved(read().crop((500, 0, 3500, 3000))),
    )
    yield "watermark", {"text": "© Studio"}, lambda: saved(_written_on(read()))
    yield "metadata strip", {"action": "strip"}, lambda: saved(read())
    yield "collage", {}, lambda: saved(_grid(photo))


def _thumbnail(photo: Path, size: tuple[int, int]) -> Image.Image:
    image = Image.open(photo)
    image.thumbnail(size, Image.Resampling.LANCZOS)
    return ImageOps.exif_transpose(image)


def _searched(image: Image.Image, target: Path) -> None:
    low, high, best = 0, len(_QUALITIES), b""
    image.load()
    while high - low > 1:
        middle = (low + high) // 2
        file, quality = io.BytesIO(), _QUALITIES[middle]
        sampling = 0 if quality >= 90 else 2
        image.save(file, "JPEG", quality=quality, subsampling=sampling, optimize=True)
        fits = file.tell() <= _TARGET_KB * 1000
        low, high, best = (middle, high, file.getvalue()) if fits else (low, middle, best)
    target.write_bytes(best)


def _written_on(image: Image.Image) -> Image.Image:
    layer = Image.new("RGBA", image.size)
    font = ImageFont.load_default(200)
    ImageDraw.Draw(layer).text((3000, 2700), "© Studio", (255, 255, 255, 128), font)
    return Image.alpha_composite(image.convert("RGBA"), layer).convert("RGB")


def _grid(photo: Path) -> Image.Image:
    ground = Image.new("RGB", (3 * 616 + 16, 3 * 616 + 16), "#FFFFFF")
    for number in range(9):
        image = Image.open(photo)
        image.draft("RGB", (2 * _CELL[0], 2 * _CELL[1]))
        cell = ImageOps.fit(ImageOps.exif_transpose(image), _CELL, Image.Resampling.LANCZOS)
        ground.paste(cell, (16 + number % 3 * 616, 16 + number // 3 * 616))
    return ground
