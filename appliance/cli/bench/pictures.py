"""The picture tools on a 12-megapixel photo, beside Pillow doing the same, in one process."""

from __future__ import annotations

import hashlib
import io
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps

from appliance import media
from appliance.core.batch import Item
from appliance.core.errors import ModelNotInstalled
from appliance.core.files import Kind, Made, Upload
from appliance.core.operation import PNG, Operation, Output, PictureFormat, Published
from appliance.core.picture import Picture
from appliance.core.progress import Progress
from appliance.operations import discover

SIZE = (4000, 3000)
_LIMIT_PX = 100_000_000
_CELL = (600, 600)
_QUALITIES = range(50, 96, 3)
_TARGET_KB = 900


@dataclass(frozen=True)
class Compared:
    """One tool: seconds of each turn, ours and Pillow's."""

    tool: str
    ours: tuple[float, ...]
    plain: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """The middle of each turn's own ratio: 1.1 is a tenth slower than Pillow."""
        turns = zip(self.ours, self.plain, strict=True)
        return statistics.median(ours / plain for ours, plain in turns)


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


def seconds_of(work: Callable[[], object]) -> float:
    """How long it takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


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


class FolderContext:
    """What a light job sees, without a box: files in a folder, no models."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.progress = Progress(lambda _step: None, lambda: None)

    def picture(self, upload: Upload) -> Picture:
        return media.decode(upload.path, limit_px=_LIMIT_PX)

    def has(self, _key: object) -> bool:
        return False

    def ability(self, _key: object) -> NoReturn:
        raise ModelNotInstalled("There are no models on this bench.")

    character = ability

    def scratch(self, name: str) -> Path:
        return self._folder / f"ours-{name}"

    def publish(self, picture: Picture, *, name: str, format: PictureFormat = PNG) -> Published:
        path = self.scratch(name)
        media.encode(picture, format, path)
        return self.publish_file(path, name=name, mime=media.WRITES[format.format].mime)

    def publish_file(self, path: Path, *, name: str, mime: str) -> Published:
        made = Made(name, path, mime, Kind.IMAGE, path.stat().st_size, "", media.probe(path, mime))
        return Published(0, name, lambda: made)

    def items(self) -> tuple[Item, ...]:
        return ()

    def call(self, operation: Operation[Any], params: Any) -> Output:
        return operation.run(self, params)
