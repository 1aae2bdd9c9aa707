"""Making a picture file smaller: by quality, and for a size in bytes also by fewer pixels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from appliance.core.errors import InvalidInput
from appliance.core.operation import PictureFormat
from appliance.media.formats import SVG, WRITES
from appliance.media.pictures.bare import STRIPS, bare
from appliance.media.pictures.convert import Limits, Wish, convert
from appliance.media.pictures.decode import plain
from appliance.media.pictures.encode import encode_image
from appliance.media.pictures.frames import first_only, is_animation
from appliance.media.pictures.opening import opened, picture_mime
from appliance.media.pictures.resize import Plan, Size, resized
from appliance.media.pictures.shrinking import read_for
from appliance.media.pictures.small_png import small_png

# Down to what a picture is made worse before it is made smaller, and up to what trying pays.
_QUALITIES: dict[str, Sequence[int]] = {
    "jpeg": range(50, 94, 3),
    "webp": range(50, 94, 3),
    "avif": range(40, 84, 3),
    "png": (99, 100),  # 256 colours, or all
}
_ANY: Sequence[int] = (100,)
_USUAL = 75
_LIMITS = Limits()
_SMALLEST_PX = 16  # of the longer side
_NO_LIMIT = 2**62
_KEPT = "its pixels are unchanged."
_SHRINK = 0.97  # of what the bytes suggest: small pictures take more bytes a pixel


@dataclass(frozen=True)
class Goal:
    """What to reach: `bytes` at most, or a `quality` 1…100 (png: below 100 means 256 colours)."""

    format: str
    bytes: int | None = None
    quality: int | None = None


@dataclass(frozen=True)
class Compressed:
    """What was reached. `quality`: None where the format has none, or the pixels are the file's
    own, byte for byte; `percent` of each side is left.
    """

    width_px: int
    height_px: int
    quality: int | None
    percent: float = 100.0
    warnings: tuple[str, ...] = ()


def compress(source: Path, target: Path, goal: Goal, *, limits: Limits = _LIMITS) -> Compressed:
    """Write the picture in `source` to `target`, smaller.

    For `goal.bytes` the finest quality is taken that fits; where the lowest does not, the picture
    is made smaller until it does. Animations stay so where the format moves. A file that would not
    become smaller stays as it is, without its metadata.
    Raises as `convert`; InvalidInput, for the field `target_kb`, for bytes that no size reaches.
    """
    tries = _Tries(source, target, goal.format, limits)  # a damaged file is not handed on
    own = _own(source, goal.format)
    if own is not None and goal.bytes is not None and len(own) <= goal.bytes:
        target.write_bytes(own)
        return Compressed(*tries.size, None, warnings=(f"The file is that small already: {_KEPT}",))
    quality, percent, made = _made(tries, goal)
    if own is not None and len(own) <= len(made):
        target.write_bytes(own)
        return Compressed(*tries.size, None, warnings=(f"It would not get smaller: {_KEPT}",))
    target.write_bytes(made)
    how = Wish(PictureFormat(goal.format), percent=percent).planned(tries.size)
    warnings = _about(how.canvas, percent, larger=len(made) > source.stat().st_size)
    left_out = () if tries.moves else first_only(source)
    told = quality if goal.format in _QUALITIES else None
    return Compressed(*how.canvas, told, percent, (*warnings, *left_out))


def _about(size: Size, percent: float, *, larger: bool) -> tuple[str, ...]:
    if percent < 100:
        said = f"Quality alone was not enough: the picture is now {size[0]} × {size[1]} pixels."
        return (said,)
    return ("The result is larger than the file was: try a lower quality.",) if larger else ()


def _own(source: Path, form: str) -> bytes | None:
    """The file without its metadata; None where that takes writing it anew."""
    mime = picture_mime(source)
    if WRITES[form].mime != mime:
        return None
    if mime in STRIPS:
        return bare(source.read_bytes(), mime)
    # These hold no EXIF data, so no place.
    return source.read_bytes() if form in ("gif", "bmp") else None


def _made(tries: _Tries, goal: Goal) -> tuple[int, float, bytes]:
    """(quality, percent, file): at the quality wished for, or the finest of the largest that has
    at most so many bytes.
    """
    if goal.bytes is None:
        quality = goal.quality or _USUAL
        return quality, 100.0, tries.at(quality, 100.0)
    limit = goal.bytes
    percent, least = 100.0, min(100.0, 100.0 * _SMALLEST_PX / max(tries.size))
    while True:
        found = _finest(tries, percent, limit)
        if found is not None:
            return found[0], percent, found[1]
        if percent <= least:
            raise InvalidInput(
                f"{limit} bytes cannot be reached: even at a side of {_SMALLEST_PX} pixels the "
                f"{tries.form.upper()} has {tries.bytes}.",
                field="target_kb",
            )
        shrink = min(0.9, _SHRINK * math.sqrt(limit / tries.bytes))
        percent = max(least, percent * shrink)


def _finest(tries: _Tries, percent: float, limit: int) -> tuple[int, bytes] | None:
    """(quality, file): the finest that fits at this size; None if none does."""
    qualities = _QUALITIES.get(tries.form, _ANY)
    low, high, best = -1, len(qualities), b""
    middle = high // 2
    while high - low > 1:
        made = tries.at(qualities[middle], percent)
        if len(made) <= limit:
            low, best = middle, made
        else:
            high = middle
        # What is too large in the middle mostly is so at the lowest too, which ends it.
        middle = (low + high) // 2 if low >= 0 else 0
    return (qualities[low], best) if low >= 0 else None


class _Tries:
    """Writes one picture at any quality and size. `size` px of the whole; `bytes`: of the last."""

    def __init__(self, source: Path, target: Path, form: str, limits: Limits) -> None:
        self.form, self.bytes = form, 0
        self._source, self._target, self._limits = source, target, limits
        self.moves = _moves(source, form)
        read, _ = read_for(source, lambda size: Plan(size, size), limit_px=limits.px)
        self._whole, self.size = plain(read), read.size
        self._scaled: dict[float, Image.Image] = {}

    def at(self, quality: int, percent: float) -> bytes:
        """The file at this quality, with `percent` of each side."""
        wish = Wish(PictureFormat(self.form, quality=quality), percent=percent)
        if self.moves:
            convert(self._source, self._target, wish, limits=self._limits)
        elif self.form == "png":
            self._target.write_bytes(small_png(self._sized(wish), indexed=quality < 100))
        else:
            encode_image(self._sized(wish), wish.format, self._target)
        made = self._target.read_bytes()
        self.bytes = len(made)
        return made

    def _sized(self, wish: Wish) -> Image.Image:
        assert wish.percent is not None
        if wish.percent not in self._scaled:
            how = wish.planned(self.size)
            self._scaled = {wish.percent: resized(self._whole, how)}
        return self._scaled[wish.percent]


def _moves(source: Path, form: str) -> bool:
    mime = picture_mime(source)
    if mime == SVG or not WRITES[form].animated:
        return False
    with opened(source, mime, limit_px=_NO_LIMIT) as image:
        return is_animation(image, mime)
