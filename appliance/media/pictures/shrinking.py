"""Reading a picture that is wanted smaller: of a JPEG no more is decoded than is needed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from appliance.media.formats import SVG
from appliance.media.pictures.decode import decode, upright
from appliance.media.pictures.exif import orientation
from appliance.media.pictures.opening import guarded, opened, picture_mime
from appliance.media.pictures.resize import Plan, Size, plan, resized

_SPARE = 2  # times the size that is asked for: the last step down is left to a good filter
_TURNED = (5, 6, 7, 8)  # orientations that swap the sides


def upright_for(
    image: Image.Image, planned: Callable[[Size], Plan], *, limit_px: int
) -> tuple[Image.Image, Plan]:
    """(picture, plan): the opened picture upright, and what `planned` says of its size.

    libjpeg leaves out half, 3/4 or 7/8 of each side while decoding, so that of a JPEG there may be
    fewer pixels than the file holds, never fewer than twice what the plan scales to. Raises as
    `decode.upright`, and what `planned` raises.
    """
    if not isinstance(image, JpegImageFile):
        done = upright(image, limit_px=limit_px)
        return done, planned(done.size)
    turned = orientation(image) in _TURNED
    how = planned(image.size[::-1] if turned else image.size)
    wanted = how.scaled[::-1] if turned else how.scaled
    with guarded(limit_px):
        image.draft(None, (_SPARE * wanted[0], _SPARE * wanted[1]))  # None keeps the mode
    return upright(image, limit_px=limit_px), how


def read_for(
    path: Path, planned: Callable[[Size], Plan], *, limit_px: int
) -> tuple[Image.Image, Plan]:
    """The same of a file. Raises as `decode`, and what `planned` raises."""
    mime = picture_mime(path)
    if mime == SVG:
        drawn = Image.fromarray(decode(path, limit_px=limit_px).pixels)
        return drawn, planned(drawn.size)
    with opened(path, mime, limit_px=limit_px) as image:
        return upright_for(image, planned, limit_px=limit_px)


def read_fitted(path: Path, size: Size, fit: str, *, limit_px: int, border: str) -> Image.Image:
    """The picture in the file at `size` px, fitted as `resize.plan` says; borders get `border`.

    Raises as `decode`.
    """
    image, how = read_for(path, lambda whole: plan(whole, *size, fit), limit_px=limit_px)
    return resized(image, how, border=border)
