"""Reading a picture file into memory."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageOps

from appliance.core.picture import Picture
from appliance.media.formats import SVG
from appliance.media.pictures.colour import to_srgb
from appliance.media.pictures.opening import check_size, guarded, opened, picture_mime
from appliance.media.pictures.vector import draw_svg

if TYPE_CHECKING:
    from appliance.core.picture import Pixels


def decode(path: Path, *, limit_px: int) -> Picture:
    """The picture in the file: upright, in sRGB, RGB or RGBA; of several frames or pages the first.

    What the file is, is told by its content. Its size is checked before any pixel is read.
    Raises: UnsupportedMedia if it is no picture we read; TooLarge above `limit_px` pixels;
    BrokenMedia if it is damaged, cut short or not what its header says.
    """
    mime = picture_mime(path)
    if mime == SVG:
        return draw_svg(path, limit_px=limit_px)
    with opened(path, mime, limit_px=limit_px) as image:
        return Picture(upright(image, limit_px=limit_px))


def upright(image: Image.Image, *, limit_px: int) -> Pixels:
    """The current frame of an opened file as sRGB pixels, turned as its EXIF data says.

    Raises BrokenMedia if the pixels are damaged; TooLarge if there are more than the header said.
    """
    with guarded(limit_px):
        image.load()
        check_size(image.size, limit_px)
        return np.array(to_srgb(_turned(image)))


def _turned(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except (OSError, SyntaxError, ValueError, TypeError, LookupError):
        return image  # damaged EXIF data says nothing about damaged pixels
