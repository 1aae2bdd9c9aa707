"""Opening a picture file with Pillow under guard: few formats, few pixels, one kind of error."""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pillow_heif
from PIL import Image, UnidentifiedImageError

from appliance.core.errors import BrokenMedia, TooLarge, UnsupportedMedia
from appliance.media.formats import SVG
from appliance.media.headers import sniff

# One plugin a kind: what begins like a PNG is opened as a PNG or not at all.
_PLUGINS: dict[str, str] = {
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/webp": "WEBP",
    "image/gif": "GIF",
    "image/bmp": "BMP",
    "image/tiff": "TIFF",
    "image/avif": "AVIF",
    "image/heic": "HEIF",
    "image/heif": "HEIF",
    "image/x-icon": "ICO",
}
_NO_LIMIT = 2**62
# What Pillow, its plugins and pillow-heif were seen to raise on damaged bytes.
_DAMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    ArithmeticError,
    RuntimeError,
    AttributeError,
    struct.error,
    zlib.error,
)


def picture_mime(path: Path) -> str:
    """The kind of picture `path` is, by content. Raises UnsupportedMedia for anything else."""
    mime = sniff(path).mime
    if mime not in _PLUGINS and mime != SVG:
        raise UnsupportedMedia(f"The file is {mime}, not a picture.")
    return mime


@contextmanager
def opened(path: Path, mime: str, *, limit_px: int) -> Iterator[Image.Image]:
    """The picture file open for decoding, not yet decoded: at most `limit_px` pixels large.

    `mime`: what `picture_mime` told. Raises BrokenMedia, TooLarge; read pixels inside `guarded`.
    """
    _register_heif()
    with path.open("rb") as file:
        with guarded(_NO_LIMIT):  # so that the error can name the size
            image = Image.open(file, formats=[_PLUGINS[mime]])
        check_size(image.size, limit_px)
        yield image


@contextmanager
def guarded(limit_px: int) -> Iterator[None]:
    """Inside, whatever a decoder says about damage becomes BrokenMedia, about size TooLarge.

    Pillow checks the pictures inside an icon or a sequence against a number of its own, which is
    set to `limit_px` meanwhile; its other warnings (odd metadata) concern no caller.
    """
    before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, limit_px
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise TooLarge(_too_large(limit_px), details={"limit_px": limit_px}) from None
    except UnidentifiedImageError:
        raise BrokenMedia(
            "The picture cannot be opened: its header is damaged or of an unusual variety."
        ) from None
    except _DAMAGE as error:
        raise BrokenMedia(f"The picture is damaged or cut short ({_reason(error)}).") from error
    finally:
        Image.MAX_IMAGE_PIXELS = before


def check_size(size: tuple[int, int], limit_px: int) -> None:
    """Nothing, or TooLarge if a picture of `size` has more than `limit_px` pixels."""
    if size[0] * size[1] > limit_px:
        found = f"The picture is {size[0]} × {size[1]} pixels. "
        raise TooLarge(
            found + _too_large(limit_px),
            details={"limit_px": limit_px, "width_px": size[0], "height_px": size[1]},
        )


def _too_large(limit_px: int) -> str:
    return f"Pictures may have at most {limit_px / 1e6:g} million pixels: send a smaller one."


def _reason(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return text[:120] if text and "/" not in text else type(error).__name__


@cache
def _register_heif() -> None:
    pillow_heif.register_heif_opener(thumbnails=False)
