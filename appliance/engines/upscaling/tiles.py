"""Cuts a picture into overlapping tiles and lays the enlarged ones together without a seam.

Tiles are painted in reading order. Each is read with `context` px around what it paints, so that
its edges see what they would see in the whole picture, and each fades in over its first `fade` px
on top of its neighbours' last ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from appliance.core.picture import Pixels


@dataclass(frozen=True)
class Margins:
    """How tiles overlap, in px of the small picture."""

    context: int
    fade: int

    @property
    def around(self) -> int:
        """Px of a tile's side that are no new ground."""
        return 2 * self.context + self.fade


@dataclass(frozen=True)
class Span:
    """One tile along one axis: what it reads, what it paints, and whether it fades in."""

    read: slice
    paint: slice
    fades: bool


@dataclass(frozen=True)
class Tile:
    """One tile of the plane."""

    rows: Span
    columns: Span


def spans(length: int, side: int, margins: Margins) -> list[Span]:
    """Tiles along `length` px, each reading at most `side`, of nearly equal size.

    `side` must be larger than `margins.around`.
    """
    if length <= side:
        return [Span(slice(0, length), slice(0, length), fades=False)]
    ground = side - margins.around
    count = -(-(length - margins.fade) // ground)
    starts = [round(n * (length - margins.fade) / count) for n in range(count)]
    ends = [start + margins.fade for start in starts[1:]] + [length]
    return [
        Span(
            slice(max(0, start - margins.context), min(length, end + margins.context)),
            slice(start, end),
            fades=start > 0,
        )
        for start, end in zip(starts, ends, strict=True)
    ]


def tiles(width: int, height: int, side: int, margins: Margins) -> Iterator[Tile]:
    """All tiles of a picture in the order they must be painted."""
    across = spans(width, side, margins)
    for rows in spans(height, side, margins):
        for columns in across:
            yield Tile(rows, columns)


def paint(canvas: Pixels, tile: Tile, enlarged: Pixels, *, factor: int, fade: int) -> None:
    """Lay an enlarged tile (what it read, `factor` times as large) onto the large canvas.

    Shapes: canvas and enlarged H×W×3 uint8; `fade` in px of the small picture.
    """
    top = (tile.rows.paint.start - tile.rows.read.start) * factor
    left = (tile.columns.paint.start - tile.columns.read.start) * factor
    below = canvas[_times(tile.rows.paint, factor), _times(tile.columns.paint, factor)]
    fresh = enlarged[top : top + below.shape[0], left : left + below.shape[1]]
    weight = _ramp(below.shape[0], tile.rows, fade * factor)[:, None]
    weight = weight * _ramp(below.shape[1], tile.columns, fade * factor)[None, :]
    if weight.min() == 1:
        below[:] = fresh
    else:
        mixed = below + weight[:, :, None] * (fresh.astype(np.float32) - below)
        below[:] = np.rint(mixed).astype(np.uint8)


def _times(part: slice, factor: int) -> slice:
    return slice(part.start * factor, part.stop * factor)


def _ramp(length: int, span: Span, fade: int) -> NDArray[np.float32]:
    """0…1 over the first `fade` px of a span that fades in, 1 elsewhere."""
    ramp = np.ones(length, np.float32)
    if span.fades and fade:
        ramp[:fade] = (np.arange(fade, dtype=np.float32) + 0.5) / fade
    return ramp
