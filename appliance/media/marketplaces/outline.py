"""Where the product lies in its frame, and how white the frame is around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.core.picture import Picture
from appliance.media.pictures.border import resample
from appliance.media.pictures.cutout import cut_out
from appliance.media.pictures.frame import Box

if TYPE_CHECKING:
    from appliance.core.picture import Pixels

_SEEN = 250  # a pixel with all channels so high counts as background
_CLEAR = 240  # the same beside a product in a file that is not exact: its blocks smear that far
_SMEAR_PX = 16
_WHITE_ENOUGH = 0.9  # of the ring, for the product to be what is not white
_SPECK = 1e-3  # of a side: fewer pixels than that in a row or column are dust
_WORK_PX = 1024
_TOUCHES = 0.005  # of the border, covered by a product that was cut out


@dataclass(frozen=True, eq=False)
class Outline:
    """Where the product is. `white`: share 0…1 of a ring along the edges that is pure white;
    `box`: the product's in px, None where none was found; `touches`: whether it reaches the edge;
    `product`: h×w uint8, 255 = product, at most 1024 px a side; `by`: white or cut-out.
    """

    white: float
    box: Box | None
    touches: bool
    product: NDArray[np.uint8]
    by: str


def outline(pixels: Pixels, *, tolerance: int) -> Outline:
    """Find the product in H×W×3 uint8 sRGB. `tolerance`: levels below 255 that count as white in
    the ring; 0 for files that keep every pixel, 2 for those that do not.

    On a white ring the product is all that is darker than 250, less what JPEG smears around it;
    else what the cut-out finds.
    """
    white = _ring(pixels, 255 - tolerance)
    if white < _WHITE_ENOUGH:
        return _by_cutout(pixels, white)
    other = _darker(pixels, _SEEN)
    box = _bounds(other)
    if tolerance and box is not None:
        box = _unsmeared(box, _bounds(_darker(pixels, _CLEAR)))
    small = resample(other, _small(pixels.shape))
    touches = box is not None and (
        box.left == 0
        or box.top == 0
        or box.left + box.width == pixels.shape[1]
        or box.top + box.height == pixels.shape[0]
    )
    return Outline(white, box, touches, np.where(small > 127, 255, 0).astype(np.uint8), "white")


def _darker(pixels: Pixels, level: int) -> NDArray[np.uint8]:
    """255 where a channel is below `level`, else 0."""
    whites = cv2.inRange(pixels, (level,) * 3, (255,) * 3)
    return np.asarray(cv2.bitwise_not(whites), np.uint8)


def _unsmeared(wide: Box, clear: Box | None) -> Box:
    """The edges of the clear box, but where the wide one reaches beyond a smear: pale parts."""
    if clear is None:
        return wide
    left, right = (
        near if abs(far - near) <= _SMEAR_PX else far
        for far, near in (
            (wide.left, clear.left),
            (wide.left + wide.width, clear.left + clear.width),
        )
    )
    top, bottom = (
        near if abs(far - near) <= _SMEAR_PX else far
        for far, near in (
            (wide.top, clear.top),
            (wide.top + wide.height, clear.top + clear.height),
        )
    )
    return Box(left, top, right - left, bottom - top)


def _ring(pixels: Pixels, low: int) -> float:
    height, width = pixels.shape[:2]
    wide = max(2, min(height, width) // 100)  # one hundredth of the shorter side
    strips = (
        pixels[:wide],
        pixels[-wide:],
        pixels[wide:-wide, :wide],
        pixels[wide:-wide, -wide:],
    )
    there = [each for each in strips if each.size]
    whites = sum(
        cv2.countNonZero(cv2.inRange(np.ascontiguousarray(each), (low,) * 3, (255,) * 3))
        for each in there
    )
    return float(whites / sum(each.shape[0] * each.shape[1] for each in there))


def _small(shape: tuple[int, ...]) -> tuple[int, int]:
    scale = min(1.0, _WORK_PX / max(shape[:2]))
    return max(8, round(shape[1] * scale)), max(8, round(shape[0] * scale))


def _bounds(mask: cv2.typing.MatLike) -> Box | None:
    """The box of what is not zero in H×W uint8, dust left out."""
    spans = []
    for axis, across in ((0, mask.shape[0]), (1, mask.shape[1])):
        counts = np.asarray(cv2.reduce(mask, axis, cv2.REDUCE_SUM, dtype=cv2.CV_32S)).ravel() // 255
        there = np.flatnonzero(counts >= max(2, _SPECK * across))
        if not len(there):
            return None
        spans.append((int(there[0]), int(there[-1]) + 1))
    (left, right), (top, bottom) = spans
    return Box(left, top, right - left, bottom - top)


def _by_cutout(pixels: Pixels, white: float) -> Outline:
    small = resample(pixels, _small(pixels.shape))
    cutout = cut_out(Picture(np.ascontiguousarray(small)))
    product = np.where(cutout.alpha > 0.5, 255, 0).astype(np.uint8)
    box = _bounds(product)
    if box is None:
        return Outline(white, None, touches=False, product=product, by="cut-out")
    across, down = pixels.shape[1] / small.shape[1], pixels.shape[0] / small.shape[0]
    whole = Box(
        round(box.left * across),
        round(box.top * down),
        round(box.width * across),
        round(box.height * down),
    )
    touches = cutout.touching > _TOUCHES
    return Outline(white, whole, touches=touches, product=product, by="cut-out")
