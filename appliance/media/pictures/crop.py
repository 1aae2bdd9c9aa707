"""Cutting a part out of a picture."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from appliance.core.errors import InvalidInput
from appliance.core.operation import PictureFormat
from appliance.media.pictures.border import Floats
from appliance.media.pictures.convert import Limits
from appliance.media.pictures.decode import plain
from appliance.media.pictures.encode import check_side, encode_image
from appliance.media.pictures.frame import Box
from appliance.media.pictures.opening import check_size
from appliance.media.pictures.resize import Plan, Size
from appliance.media.pictures.saliency import saliency
from appliance.media.pictures.shrinking import read_for

_CENTRED = 0.3  # how much a window loses that has what stands out at its edge, not in its middle
_LIMITS = Limits()


@dataclass(frozen=True)
class Cut:
    """What to cut: `box` as it is; else the largest part that is `aspect` times as wide as high,
    where most stands out (`smart`) or in the middle, scaled to `size` px if that is given.
    """

    format: PictureFormat
    box: Box | None = None
    aspect: float = 1.0
    size: Size | None = None
    smart: bool = True


def crop(source: Path, target: Path, cut: Cut, *, limits: Limits = _LIMITS) -> tuple[Box, Size]:
    """(box, size): write the part of the picture in `source` to `target`; where it was, and how
    large it has become.

    The same picture gives the same part. Raises as `decode`; InvalidInput, for the field `x` or
    `y`, if a box is not all inside, and for a size that the format cannot hold.
    """
    if cut.size is not None:
        check_side(*cut.size, cut.format.format)
        check_size(cut.size, limits.px)
    whole: list[Size] = []

    def planned(size: Size) -> Plan:
        whole.append(size)
        wanted = _share(size, cut)
        return Plan(wanted, wanted)

    image, _ = read_for(source, planned, limit_px=limits.px)
    box = _inside(cut.box, whole[0]) if cut.box else _largest(image, whole[0], cut)
    part = _part(image, whole[0], box, cut.size)
    encode_image(plain(part), cut.format, target)
    return box, part.size


def _share(size: Size, cut: Cut) -> Size:
    """How large the whole picture must be read for the part to have its size."""
    if cut.size is None:
        return size
    extent = _extent(size, cut.aspect)
    scale = min(1.0, max(cut.size[0] / extent[0], cut.size[1] / extent[1]))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _extent(size: Size, aspect: float) -> Size:
    width = min(size[0], max(1, round(size[1] * aspect)))
    return width, min(size[1], max(1, round(size[0] / aspect)))


def _inside(box: Box, size: Size) -> Box:
    right, bottom = box.left + box.width, box.top + box.height
    if right > size[0] or bottom > size[1]:
        raise InvalidInput(
            f"The box reaches {right} × {bottom} pixels, and the picture is {size[0]} × {size[1]}.",
            field="x" if right > size[0] else "y",
        )
    return box


def _largest(image: Image.Image, size: Size, cut: Cut) -> Box:
    """The box in a picture of `size` of which `image` may be a smaller copy."""
    width, height = _extent(size, cut.aspect)
    left, top = (size[0] - width) // 2, (size[1] - height) // 2
    if cut.smart:
        seen = saliency(image)
        left = _best(seen.sum(axis=0), width, size[0])
        top = _best(seen.sum(axis=1), height, size[1])
    return Box(left, top, width, height)


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


def _part(image: Image.Image, whole: Size, box: Box, size: Size | None) -> Image.Image:
    right, bottom = box.left + box.width, box.top + box.height
    if size is None:
        return image.crop((box.left, box.top, right, bottom))
    across, down = image.width / whole[0], image.height / whole[1]
    edges = (box.left * across, box.top * down, right * across, bottom * down)
    return image.resize(size, Image.Resampling.LANCZOS, edges, reducing_gap=3.0)
