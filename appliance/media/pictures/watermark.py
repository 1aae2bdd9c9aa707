"""Laying a mark on a picture: once in a place, or all over."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from appliance.core.operation import PictureFormat
from appliance.core.picture import Picture
from appliance.media.pictures.convert import Limits
from appliance.media.pictures.decode import plain
from appliance.media.pictures.encode import encode_image
from appliance.media.pictures.resize import Plan
from appliance.media.pictures.shrinking import read_for

# Share of the room that lies left of and above the mark.
PLACES: dict[str, tuple[float, float]] = {
    "top-left": (0, 0),
    "top": (0.5, 0),
    "top-right": (1, 0),
    "left": (0, 0.5),
    "center": (0.5, 0.5),
    "right": (1, 0.5),
    "bottom-left": (0, 1),
    "bottom": (0.5, 1),
    "bottom-right": (1, 1),
}
_MARGIN = 0.03  # of the picture's shorter side, between a mark and the edge
_GAP = 0.6  # of the mark's longer side, between one tile and the next
_MOST_TILES = 10_000
_LIMITS = Limits()


@dataclass(frozen=True)
class Mark:
    """How a mark lies. `scale`: the most it takes of the picture's width and height, 0…1;
    `opacity` 0…1; `rotation` in degrees, counter-clockwise; `place`: one of PLACES; `tile`: all
    over instead.
    """

    scale: float = 0.25
    opacity: float = 0.5
    rotation: float = 0.0
    place: str = "bottom-right"
    tile: bool = False


def watermark(
    source: Path, target: Path, drawn: Picture, mark: Mark, form: PictureFormat
) -> tuple[int, int]:
    """Write the picture in `source` with the drawn mark on it to `target`: width and height.

    What was transparent shows the mark too. Raises as `decode`; InvalidInput for a size that the
    format cannot hold.
    """
    read, _ = read_for(source, lambda size: Plan(size, size), limit_px=_LIMITS.px)
    done = plain(read)
    stamp = _stamp(done.size, drawn, mark)
    alpha = stamp.getchannel("A")
    solid = stamp.convert("RGB")
    for at in _tiles(done.size, stamp.size) if mark.tile else [_place(done.size, stamp.size, mark)]:
        if done.mode == "RGBA":
            _lay(done, stamp, at)
        else:
            done.paste(solid, at, alpha)
    encode_image(done, form, target)
    return done.size


def _stamp(whole: tuple[int, int], drawn: Picture, mark: Mark) -> Image.Image:
    stamp = Image.fromarray(drawn.pixels).convert("RGBA")
    if mark.rotation:
        stamp = stamp.rotate(mark.rotation, Image.Resampling.BICUBIC, expand=True)
    room = (whole[0] * mark.scale, whole[1] * mark.scale)
    scale = min(room[0] / stamp.width, room[1] / stamp.height)
    size = (max(1, round(stamp.width * scale)), max(1, round(stamp.height * scale)))
    stamp = stamp.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    stamp.putalpha(stamp.getchannel("A").point(lambda value: round(value * mark.opacity)))
    return stamp


def _place(whole: tuple[int, int], stamp: tuple[int, int], mark: Mark) -> tuple[int, int]:
    margin = round(_MARGIN * min(whole))
    across, down = PLACES[mark.place]
    room = [max(0, side - own) for side, own in zip(whole, stamp, strict=True)]
    edges = [min(margin, each // 2) for each in room]
    left, top = (
        edge + round(share * (each - 2 * edge))
        for edge, share, each in zip(edges, (across, down), room, strict=True)
    )
    return left, top


def _tiles(whole: tuple[int, int], stamp: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """Rows of marks from the middle outwards, every other one moved by half a step."""
    sparse = math.ceil(math.sqrt(whole[0] * whole[1] / _MOST_TILES))
    gap = max(sparse, round(_GAP * max(stamp)))
    across, down = stamp[0] + gap, stamp[1] + gap
    middle = ((whole[0] - stamp[0]) // 2, (whole[1] - stamp[1]) // 2)
    rows = -(-whole[1] // (2 * down)) + 1
    columns = -(-whole[0] // (2 * across)) + 1
    for row in range(-rows, rows + 1):
        for column in range(-columns, columns + 1):
            left = middle[0] + column * across + (across // 2 if row % 2 else 0)
            top = middle[1] + row * down
            if -stamp[0] < left < whole[0] and -stamp[1] < top < whole[1]:
                yield left, top


def _lay(done: Image.Image, stamp: Image.Image, at: tuple[int, int]) -> None:
    """`stamp` over the part of a transparent picture that it covers."""
    outside = (max(0, -at[0]), max(0, -at[1]))
    done.alpha_composite(stamp, (max(0, at[0]), max(0, at[1])), outside)
