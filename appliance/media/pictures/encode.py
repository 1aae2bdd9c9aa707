"""Writing a picture to a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from PIL import Image

from appliance.core.errors import InvalidInput
from appliance.core.operation import PictureFormat
from appliance.core.picture import Picture
from appliance.media.chunks import png_chunk
from appliance.media.formats import WRITES
from appliance.media.pictures.colour import srgb_profile
from appliance.media.pictures.matte import over
from appliance.media.pictures.palette import indexed

if TYPE_CHECKING:
    from appliance.core.picture import Pixels

_QUALITY = {"jpeg": 90, "webp": 85, "avif": 70, "pdf": 92}
_ICON_SIDES = (16, 24, 32, 48, 64, 128, 256)
_PDF_DPI = 150.0
_AVIF_SPEED = 8  # twice as fast as the usual 6 for files a few per cent larger
_AFTER_PNG_HEADER = 33


def encode(picture: Picture, fmt: PictureFormat, path: Path, *, xmp: bytes | None = None) -> None:
    """Write the picture as `fmt.format` (one of WRITES), tagged as sRGB where the format can.

    The same pixels give the same bytes. Transparency is laid on `fmt.matte` where the format has
    none. `xmp`: a packet for avif (not lossless) and tiff, which `describe` cannot add one to.
    Raises: InvalidInput for an unknown format, or a picture of more pixels a side than it holds.
    """
    _check(fmt, (picture.width, picture.height))
    if _by_opencv(fmt):
        path.write_bytes(_coded(picture.pixels, fmt))
    else:
        save(as_pillow(picture.pixels, fmt), fmt, path, xmp=xmp)


def encode_image(image: Image.Image, fmt: PictureFormat, path: Path) -> None:
    """The same for a picture in Pillow's hands, RGB or RGBA: most formats need no copy of it."""
    _check(fmt, image.size)
    if _by_opencv(fmt):
        path.write_bytes(_coded(np.array(image), fmt))
    else:
        save(ready(image, fmt), fmt, path)


def _check(fmt: PictureFormat, size: tuple[int, int]) -> None:
    if fmt.format not in WRITES:
        raise InvalidInput(f"Pictures are written as {', '.join(WRITES)}, not {fmt.format[:20]!r}.")
    check_side(*size, fmt.format)


def _by_opencv(fmt: PictureFormat) -> bool:
    return fmt.format == "png" or (fmt.format == "avif" and fmt.lossless)


def _coded(pixels: Pixels, fmt: PictureFormat) -> bytes:
    return _png(pixels) if fmt.format == "png" else _lossless_avif(pixels)


def check_side(width: int, height: int, name: str) -> None:
    """Nothing, or InvalidInput if a side has more pixels than the format `name` can hold."""
    most = WRITES[name].side_px
    if max(width, height) > most:
        raise InvalidInput(
            f"{name.upper()} holds at most {most} pixels a side, and the picture is "
            f"{width} × {height}. Choose another format or a smaller size."
        )


def as_pillow(pixels: Pixels, fmt: PictureFormat) -> Image.Image:
    """The pixels as Pillow needs them to write `fmt`: matted, indexed or squared."""
    if fmt.format == "gif":
        return indexed(pixels, fmt.matte)
    if fmt.format == "ico":
        return _icon(pixels)
    return Image.fromarray(pixels if WRITES[fmt.format].alpha else over(pixels, fmt.matte))


def ready(image: Image.Image, fmt: PictureFormat) -> Image.Image:
    """The same of a picture in Pillow's hands, RGB or RGBA; itself if it is so already."""
    written = WRITES[fmt.format]
    as_it_is = fmt.format not in ("gif", "ico") and (image.mode == "RGB" or written.alpha)
    return image if as_it_is else as_pillow(np.array(image), fmt)


def save(
    image: Image.Image, fmt: PictureFormat, path: Path, *, xmp: bytes | None = None, **more: Any
) -> None:
    """Write a Pillow picture with the box's settings for the format; `more` goes to Pillow."""
    tags: dict[str, Any] = {}
    if fmt.format in ("jpeg", "webp", "tiff"):
        tags["icc_profile"] = srgb_profile()
    if xmp and fmt.format == "avif":
        tags["xmp"] = xmp
    if xmp and fmt.format == "tiff":
        tags["tiffinfo"] = {700: xmp}
    with path.open("wb") as file:
        image.save(file, fmt.format.upper(), **(_settings(fmt, image) | tags | more))


def _png(pixels: Pixels) -> bytes:
    # OpenCV's encoder is 11 times as fast as Pillow's for files of the same size, if left alone.
    _, coded = cv2.imencode(".png", _bgr(pixels))
    data = coded.tobytes()
    header, rest = data[:_AFTER_PNG_HEADER], data[_AFTER_PNG_HEADER:]
    return header + png_chunk(b"sRGB", b"\x01") + rest


def _lossless_avif(pixels: Pixels) -> bytes:
    # Pillow writes AVIF through YCbCr, which costs up to 3 levels even at quality 100.
    settings = [cv2.IMWRITE_AVIF_QUALITY, 100, cv2.IMWRITE_AVIF_SPEED, _AVIF_SPEED]
    _, coded = cv2.imencode(".avif", _bgr(pixels), settings)
    return coded.tobytes()


def _bgr(pixels: Pixels) -> Any:
    alpha = pixels.shape[2] == 4
    return cv2.cvtColor(pixels, cv2.COLOR_RGBA2BGRA if alpha else cv2.COLOR_RGB2BGR)


def _settings(fmt: PictureFormat, image: Image.Image) -> dict[str, Any]:
    quality = fmt.quality or _QUALITY.get(fmt.format, 0)
    fine = quality >= 90  # full colour resolution where quality matters: red on white smears else
    match fmt.format:
        case "jpeg":
            return {"quality": quality, "subsampling": 0 if fine else 2, "optimize": True}
        case "webp":
            return {"quality": quality, "lossless": fmt.lossless, "exact": fmt.lossless}
        case "avif":
            sampling = "4:4:4" if fine else "4:2:0"
            return {"quality": quality, "subsampling": sampling, "speed": _AVIF_SPEED}
        case "tiff":
            return {"compression": "tiff_adobe_deflate"}
        case "ico":
            return {"sizes": [(s, s) for s in _ICON_SIDES if s <= image.width] or [image.size]}
        case "pdf":
            silent = {"creationDate": None, "modDate": None, "title": None}  # else clock and path
            return {"quality": quality, "resolution": _PDF_DPI, **silent}
    return {}


def _icon(pixels: Pixels) -> Image.Image:
    """Icons are square and at most 256 px a side: borders make the one, shrinking the other."""
    image = Image.fromarray(pixels).convert("RGBA")
    side = min(max(image.size), _ICON_SIDES[-1])
    scale = side / max(image.size)
    if scale < 1:
        small = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        image = image.resize(small, Image.Resampling.LANCZOS)
    square = Image.fromarray(np.zeros((side, side, 4), np.uint8))
    square.paste(image, ((side - image.width) // 2, (side - image.height) // 2))
    return square
