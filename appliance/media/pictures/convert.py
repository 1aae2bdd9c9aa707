"""Turning a picture file into another: format, size, metadata, animation."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

from appliance.core.errors import TooLarge
from appliance.core.operation import PictureFormat
from appliance.media.chunks import webp_with_alpha
from appliance.media.formats import SVG, WRITES
from appliance.media.pictures.decode import plain, upright
from appliance.media.pictures.encode import check_side, encode_image, ready, save
from appliance.media.pictures.exif import kept_exif
from appliance.media.pictures.frames import about_frames, count_frames, is_animation
from appliance.media.pictures.opening import check_size, guarded, opened, picture_mime
from appliance.media.pictures.resize import Plan, Size, plan, resized
from appliance.media.pictures.shrinking import upright_for
from appliance.media.pictures.vector import draw_svg, drawing_size

_HOLDS_EXIF = frozenset({"jpeg", "png", "webp", "avif", "tiff"})
_USUAL_MS = 100  # what browsers take for a frame that says nothing, or 0
_LONGEST_MS = 655_350  # what a GIF can say of a frame; Pillow makes one of equal ones
_MOST_LOOPS = 65_535


@dataclass(frozen=True)
class Limits:
    """How much a conversion may take: pixels of a picture (and of all frames made), and frames."""

    px: int = 100_000_000
    frames: int = 600


@dataclass(frozen=True)
class Wish:
    """What the new file should be. `fit` as in `resize.plan`; `format.matte` also fills borders.

    `percent`: each side in hundredths of what it is, instead of `width` and `height`.
    """

    format: PictureFormat
    width: int | None = None
    height: int | None = None
    fit: str = "inside"
    strip_metadata: bool = True
    percent: float | None = None

    def planned(self, size: Size) -> Plan:
        """What it takes for a picture of `size` px."""
        if self.percent is None:
            return plan(size, self.width, self.height, self.fit)
        width, height = (max(1, round(side * self.percent / 100)) for side in size)
        return Plan((width, height), (width, height))


@dataclass(frozen=True)
class Converted:
    """What was made: its size, its frames, and what could not be done as wished, in sentences."""

    width_px: int
    height_px: int
    frames: int = 1
    warnings: tuple[str, ...] = field(default=())


def convert(source: Path, target: Path, wish: Wish, *, limits: Limits = Limits()) -> Converted:
    """Write the picture in `source` to `target` as wished.

    Colours become sRGB and the picture upright. Without `strip_metadata` EXIF data stays, but for
    place, turn, thumbnail and maker's notes. Animated GIF, WebP, AVIF and PNG stay animated in
    gif, webp and avif; elsewhere, and of files with several pages, the first is taken.
    Raises: UnsupportedMedia, BrokenMedia, TooLarge as `decode`; InvalidInput for a size that the
    new format cannot hold.
    """
    mime = picture_mime(source)
    if mime == SVG:
        return _still(_drawn(source, wish, limits), target, wish, {}, ())
    with opened(source, mime, limit_px=limits.px) as image:
        if WRITES[wish.format.format].animated and is_animation(image, mime):
            return _animation(image, target, wish, limits)
        read, how = upright_for(image, _checked(wish, limits), limit_px=limits.px)
        done = plain(resized(read, how, border=_border(wish)))
        extras, warnings = _kept_metadata(image, wish)
        left_out = about_frames(count_frames(image, mime), mime, wish.format.format.upper())
    return _still(done, target, wish, extras, (*warnings, *left_out))


def _drawn(source: Path, wish: Wish, limits: Limits) -> Image.Image:
    """A drawing has no pixels to lose: it is drawn at the size wished for."""
    size = drawing_size(source)
    how = _checked(wish, limits)(size)
    scale = max(how.scaled[0] / size[0], how.scaled[1] / size[1])
    box = (math.ceil(size[0] * scale), math.ceil(size[1] * scale))
    drawn = Image.fromarray(draw_svg(source, limit_px=limits.px, box=box).pixels)
    return resized(drawn, how, border=_border(wish))


def _border(wish: Wish) -> str:
    return "transparent" if WRITES[wish.format.format].alpha else wish.format.matte


def _checked(wish: Wish, limits: Limits) -> Callable[[Size], Plan]:
    """What is planned for a picture of a size, which must hold in format and limits."""

    def planned(size: Size) -> Plan:
        how = wish.planned(size)
        check_side(*how.canvas, wish.format.format)
        check_size(how.scaled, limits.px)
        check_size(how.canvas, limits.px)
        return how

    return planned


def _still(
    done: Image.Image, target: Path, wish: Wish, extras: dict[str, Any], warnings: tuple[str, ...]
) -> Converted:
    if extras:
        save(ready(done, wish.format), wish.format, target, **extras)
    else:
        encode_image(done, wish.format, target)
    return Converted(done.width, done.height, warnings=warnings)


def _kept_metadata(image: Image.Image, wish: Wish) -> tuple[dict[str, Any], tuple[str, ...]]:
    if wish.strip_metadata:
        return {}, ()
    name = wish.format.format
    exif = kept_exif(image)
    if exif is None or (name == "avif" and wish.format.lossless):
        return {}, (() if exif is None else ("A lossless AVIF holds no metadata here.",))
    if name not in _HOLDS_EXIF:
        return {}, (f"{name.upper()} holds no EXIF data, so it was left out.",)
    return {"exif": exif}, ()


def _animation(image: Image.Image, target: Path, wish: Wish, limits: Limits) -> Converted:
    count = int(getattr(image, "n_frames", 1))
    if count > limits.frames:
        raise TooLarge(f"The animation has {count} frames; at most {limits.frames} are converted.")
    how = wish.planned(image.size)
    if count * how.canvas[0] * how.canvas[1] > limits.px:
        raise TooLarge(
            f"{count} frames of {how.canvas[0]} × {how.canvas[1]} pixels are more than "
            f"{limits.px / 1e6:g} million pixels in all: ask for a smaller width."
        )
    made, lasting_ms = [], []
    for number in range(count):
        with guarded(limits.px):
            image.seek(number)
            image.load()
        lasting_ms.append(min(int(image.info.get("duration") or _USUAL_MS), _LONGEST_MS // count))
        frame = upright(image, limit_px=limits.px)
        frame = resized(frame, _checked(wish, limits)(frame.size), border=_border(wish))
        made.append(ready(plain(frame), wish.format))
    moving: dict[str, Any] = {"save_all": True, "append_images": made[1:], "duration": lasting_ms}
    save(made[0], wish.format, target, **moving, **_repeats(image, wish))
    if wish.format.format == "webp" and made[0].mode == "RGBA":
        # libwebp stores opaque parts of frames and then forgets that the rest is clear.
        target.write_bytes(webp_with_alpha(target.read_bytes()))
    return Converted(made[0].width, made[0].height, frames=count)


def _repeats(image: Image.Image, wish: Wish) -> dict[str, Any]:
    """How often to play; a GIF that does not say is played once, and the others say 0 for ever."""
    if wish.format.format == "avif":
        return {}
    loop = min(int(image.info.get("loop", 1 if image.format == "GIF" else 0)), _MOST_LOOPS)
    if wish.format.format == "gif":
        return {"disposal": 2} | ({} if loop == 1 else {"loop": loop})
    return {"loop": loop}
