"""Reading a picture file into memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps
from PIL.ImageFile import ImageFile

from appliance.core.picture import Picture
from appliance.media.formats import SVG
from appliance.media.pictures.colour import to_srgb
from appliance.media.pictures.exif import DAMAGED, orientation
from appliance.media.pictures.opening import check_size, guarded, opened, picture_mime
from appliance.media.pictures.vector import draw_svg


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
        return Picture(np.array(upright(image, limit_px=limit_px)))


def upright(image: Image.Image, *, limit_px: int) -> Image.Image:
    """The current frame of an opened file in sRGB, turned as its EXIF data says; RGB or RGBA.

    It may be the opened file itself: take `plain` of what is written to another.
    Raises BrokenMedia if the pixels are damaged; TooLarge if there are more than the header said.
    """
    with guarded(limit_px):
        image.load()
        check_size(image.size, limit_px)
        return to_srgb(_turned(image))


def plain(image: Image.Image) -> Image.Image:
    """The picture alone: without what its file said, of which Pillow writes some into the next."""
    done = image.copy() if isinstance(image, ImageFile) else image
    done.info = {}
    return done


def _turned(image: Image.Image) -> Image.Image:
    if orientation(image) == 1:
        return image
    try:
        return ImageOps.exif_transpose(image)
    except DAMAGED:
        return image  # damaged EXIF data says nothing about damaged pixels
