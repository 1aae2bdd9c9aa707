"""Pictures composed from the renders: one thing, or two side by side, on a plain or softly graded
colour.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample

SINGLE_SCALE = (0.78, 0.95)
PAIR_SCALE = (0.46, 0.54)
GRADE = 0.10  # how much lighter and darker a graded background gets from one side to the other
JITTER = 5 / 255


@dataclass(frozen=True)
class Layout:
    """Where one thing stands in each picture. All (n,); the picture goes from -1 to 1."""

    x: Tensor
    y: Tensor
    scale: Tensor
    mirrored: Tensor


def single(count: int, dice: torch.Generator) -> Layout:
    """A layout near the middle, as large as leaves the whole thing inside."""
    low, high = SINGLE_SCALE
    scale = low + (high - low) * torch.rand(count, generator=dice)
    room = 1 - scale
    x = (torch.rand(count, generator=dice) * 2 - 1) * room
    y = (torch.rand(count, generator=dice) * 2 - 1) * room
    return Layout(x, y, scale, torch.rand(count, generator=dice) < 0.5)


def beside(count: int, dice: torch.Generator) -> tuple[Layout, Layout]:
    """Two layouts, the first on the left."""
    low, high = PAIR_SCALE
    places = []
    for side in (-1.0, 1.0):
        scale = low + (high - low) * torch.rand(count, generator=dice)
        x = side * 0.5 + (torch.rand(count, generator=dice) - 0.5) * 0.06
        y = (torch.rand(count, generator=dice) - 0.5) * 0.2
        places.append(Layout(x, y, scale, torch.rand(count, generator=dice) < 0.5))
    return places[0], places[1]


def placed(renders: Tensor, layout: Layout) -> Tensor:
    """Renders (n, 4, s, s), premultiplied, 0..1, moved to their places; the same shape."""
    turn = torch.where(layout.mirrored, -1.0, 1.0)
    zero = torch.zeros_like(layout.x)
    matrix = torch.stack(
        [
            torch.stack([turn / layout.scale, zero, -turn * layout.x / layout.scale], 1),
            torch.stack([zero, 1 / layout.scale, -layout.y / layout.scale], 1),
        ],
        1,
    )
    grid = affine_grid(matrix, list(renders.shape), align_corners=False)
    return grid_sample(renders, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


def backgrounds(colours: Tensor, size: int, dice: torch.Generator) -> Tensor:
    """Backgrounds (n, 3, size, size), 0..1, of colours (n, 3), 0..1: half of them graded along some
    direction.
    """
    count = len(colours)
    colours = colours + (torch.rand(count, 3, generator=dice) * 2 - 1) * JITTER
    angle = torch.rand(count, generator=dice) * 2 * math.pi
    depth = GRADE * torch.rand(count, generator=dice) * (torch.rand(count, generator=dice) < 0.5)
    line = torch.linspace(-1, 1, size)
    slope = (
        torch.cos(angle)[:, None, None] * line[None, None, :]
        + torch.sin(angle)[:, None, None] * line[None, :, None]
    )
    return (colours[:, :, None, None] + (depth[:, None, None] * slope)[:, None]).clamp(0, 1)


def over(picture: Tensor, things: Tensor) -> Tensor:
    """Premultiplied things (n, 4, s, s) laid over pictures (n, 3, s, s)."""
    return picture * (1 - things[:, 3:]) + things[:, :3]
