"""Turning a picture file into another: format, size, metadata, animation."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from appliance.core.errors import TooLarge
from appliance.core.operation import PictureFormat
from appliance.core.picture import Picture
from appliance.media.chunks import webp_with_alpha
from appliance.media.formats import SVG, WRITES
from appliance.media.pictures.decode import upright
from appliance.media.pictures.encode import as_pillow, check_side, encode, save
from appliance.media.pictures.exif import kept_exif
from appliance.media.pictures.opening import check_size, guarded, opened, picture_mime
from appliance.media.pictures.resize import Plan, plan, resized
from appliance.media.pictures.vector import draw_svg, drawing_size

if TYPE_CHECKING:
    from appliance.core.picture import Pixels

_MOVING = frozenset({"image/gif", "image/webp", "image/avif", "image/png"})
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
    """What the new file should be. `fit` as in `resize.plan`; `format.matte` also fills borders."""

    format: PictureFormat
    width: int | None = None
    height: int | None = None
    fit: str = "inside"
    strip_metadata: bool = True


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
        with guarded(limits.px):
            frames = int(getattr(image, "n_frames", 1))
        if frames > 1 and mime in _MOVING and WRITES[wish.format.format].animated:
            return _animation(image, target, wish, limits)
        pixels = _resized(upright(image, limit_px=limits.px), wish, limits)
        extras, warnings = _kept_metadata(image, wish)
    return _still(pixels, target, wish, extras, (*warnings, *_about_frames(frames, mime, wish)))


def _drawn(source: Path, wish: Wish, limits: Limits) -> Pixels:
    """A drawing has no pixels to lose: it is drawn at the size wished for."""
    size = drawing_size(source)
    how = plan(size, wish.width, wish.height, wish.fit)
    _check(how, wish, limits)
    scale = max(how.scaled[0] / size[0], how.scaled[1] / size[1])
    box = (math.ceil(size[0] * scale), math.ceil(size[1] * scale))
    return _resized(draw_svg(source, limit_px=limits.px, box=box).pixels, wish, limits)


def _resized(pixels: Pixels, wish: Wish, limits: Limits) -> Pixels:
    how = plan((pixels.shape[1], pixels.shape[0]), wish.width, wish.height, wish.fit)
    _check(how, wish, limits)
    clear = WRITES[wish.format.format].alpha
    return resized(pixels, how, border="transparent" if clear else wish.format.matte)


def _check(how: Plan, wish: Wish, limits: Limits) -> None:
    check_side(*how.canvas, wish.format.format)
    check_size(how.scaled, limits.px)
    check_size(how.canvas, limits.px)


def _still(
    pixels: Pixels, target: Path, wish: Wish, extras: dict[str, Any], warnings: tuple[str, ...]
) -> Converted:
    if extras:
        save(as_pillow(pixels, wish.format), wish.format, target, **extras)
    else:
        encode(Picture(pixels), wish.format, target)
    return Converted(pixels.shape[1], pixels.shape[0], warnings=warnings)


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


def _about_frames(frames: int, mime: str, wish: Wish) -> tuple[str, ...]:
    if frames <= 1 or mime == "image/x-icon":
        return ()
    what = "frames" if mime in _MOVING else "pages"
    return (f"The file has {frames} {what}; {wish.format.format.upper()} got the first of them.",)


def _animation(image: Image.Image, target: Path, wish: Wish, limits: Limits) -> Converted:
    count = int(getattr(image, "n_frames", 1))
    if count > limits.frames:
        raise TooLarge(f"The animation has {count} frames; at most {limits.frames} are converted.")
    how = plan(image.size, wish.width, wish.height, wish.fit)
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
        pixels = _resized(upright(image, limit_px=limits.px), wish, limits)
        made.append(as_pillow(pixels, wish.format))
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
