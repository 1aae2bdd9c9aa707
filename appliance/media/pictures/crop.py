"""Cutting a part out of a picture."""

from __future__ import annotations

import numpy as np

from appliance.core.errors import InvalidInput
from appliance.core.picture import Picture
from appliance.media.pictures.border import Floats
from appliance.media.pictures.frame import Box
from appliance.media.pictures.saliency import saliency

_CENTRED = 0.3  # how much a window loses that has what stands out at its edge, not in its middle


def cut_box(picture: Picture, box: Box) -> Picture:
    """The part inside `box`. Raises InvalidInput, for the field `x`, if it is not all inside."""
    if box.left + box.width > picture.width or box.top + box.height > picture.height:
        raise InvalidInput(
            f"The box reaches {box.left + box.width} × {box.top + box.height} pixels, and the "
            f"picture is {picture.width} × {picture.height}.",
            field="x" if box.left + box.width > picture.width else "y",
        )
    rows = slice(box.top, box.top + box.height)
    columns = slice(box.left, box.left + box.width)
    return Picture(np.ascontiguousarray(picture.pixels[rows, columns]))


def crop(picture: Picture, aspect: float, *, smart: bool) -> tuple[Picture, Box]:
    """(part, where it was): the largest part of the picture that is `aspect` times as wide as high.

    `smart`: it lies where most stands out, else in the middle. The same picture gives the same.
    """
    width = min(picture.width, max(1, round(picture.height * aspect)))
    height = min(picture.height, max(1, round(picture.width / aspect)))
    left, top = (picture.width - width) // 2, (picture.height - height) // 2
    if smart:
        seen = saliency(picture.pixels)
        left = _best(seen.sum(axis=0), width, picture.width)
        top = _best(seen.sum(axis=1), height, picture.height)
    box = Box(left, top, width, height)
    return cut_box(picture, box), box


def _best(profile: Floats, length: int, whole: int) -> int:
    """Where a window of `length` of `whole` px best holds the profile, which may be coarser."""
    spare = whole - length
    seen = np.maximum(profile - np.median(profile), 0).astype(np.float64)
    if spare == 0 or not seen.any():
        return spare // 2
    starts = np.linspace(0, spare, min(spare + 1, 2 * len(seen)))
    total = np.concatenate([[0], np.cumsum(seen)]) / seen.sum()
    places = np.linspace(0, whole, len(total))
    held = np.interp(starts + length, places, total) - np.interp(starts, places, total)
    heart = np.average(places[:-1] + whole / len(seen) / 2, weights=seen)
    off = np.abs(starts + length / 2 - heart) / length
    return round(float(starts[np.argmax(held - _CENTRED * off)]))
