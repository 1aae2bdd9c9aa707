"""Several pictures in a grid."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from appliance.core.errors import ApplianceError
from appliance.core.picture import Picture
from appliance.media.pictures.matte import read_colour
from appliance.media.pictures.opening import check_size
from appliance.media.pictures.shrinking import read_fitted


@dataclass(frozen=True)
class Collage:
    """How a grid looks. `cell` px, width and height; `gap` px, between cells and around them;
    `fit`: cover or contain; `background`: #RRGGBB or transparent. `columns`: none for a square.
    """

    cell: tuple[int, int]
    columns: int | None = None
    gap: int = 0
    fit: str = "cover"
    background: str = "#FFFFFF"

    def grid(self, count: int) -> tuple[int, int]:
        """(columns, rows) for so many pictures."""
        columns = min(count, self.columns or math.ceil(math.sqrt(count)))
        return columns, -(-count // columns)

    def size(self, count: int) -> tuple[int, int]:
        """Width and height in px for so many pictures."""
        columns, rows = self.grid(count)
        width, height = self.cell
        return columns * (width + self.gap) + self.gap, rows * (height + self.gap) + self.gap


def collage(
    paths: Sequence[Path],
    look: Collage,
    *,
    limit_px: int,
    each: Callable[[int], None] = lambda _done: None,
) -> Picture:
    """The pictures in reading order; the last row may stay short. `each`: told how many are done.

    A file that cannot be read is named by its number, counted from 1. Raises as `decode`; TooLarge
    if the whole would have more than `limit_px` pixels.
    """
    columns, _rows = look.grid(len(paths))
    size = look.size(len(paths))
    check_size(size, limit_px)
    clear = look.background == "transparent"
    ground = Image.new(
        "RGBA" if clear else "RGB", size, read_colour(look.background)[: 4 if clear else 3]
    )
    for number, path in enumerate(paths):
        row, column = divmod(number, columns)
        left, top = (
            look.gap + place * (side + look.gap)
            for place, side in zip((column, row), look.cell, strict=True)
        )
        cell = _cell(path, number, look, limit_px)
        ground.paste(cell, (left, top), None if clear or cell.mode == "RGB" else cell)
        each(number + 1)
    return Picture(np.array(ground))


def _cell(path: Path, number: int, look: Collage, limit_px: int) -> Image.Image:
    try:
        return read_fitted(path, look.cell, look.fit, limit_px=limit_px, border="transparent")
    except ApplianceError as error:
        error.message = f"Picture {number + 1}: {error.message}"
        error.args = (error.message,)
        raise
