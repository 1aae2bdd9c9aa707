"""What lies behind and under a product: colours in linear light at each pixel of the frame."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage import draw

Floats = NDArray[np.float32]


def ground(kind: str, side: int, rng: np.random.Generator) -> Floats:
    """side×side×3 float32, linear, 1 = white paper in full light."""
    y, x = (np.mgrid[0:side, 0:side] / side).astype(np.float32)
    if kind in _MADE:
        return _MADE[kind](x, y, rng)
    level, colour = _SMOOTH[kind]
    return np.asarray(level(x, y)[..., None] * np.float32(colour), np.float32)


def _wood(x: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    grain = ndimage.gaussian_filter(rng.random(x.shape).astype(np.float32), (1, 40))
    grain = (grain - grain.min()) / (grain.max() - grain.min())
    rings = 0.5 + 0.5 * np.sin(60 * (y + 0.05 * np.sin(5 * x)) + 5 * grain)
    level = (0.5 + 0.35 * grain + 0.25 * rings)[..., None].astype(np.float32)
    return level * np.float32((0.5, 0.28, 0.14))


def _wall_and_table(_x: Floats, y: Floats, _rng: np.random.Generator) -> Floats:
    table = np.float32((0.3, 0.17, 0.09)) * (0.8 + 0.4 * y[..., None])
    return np.where((y > 0.5)[..., None], table, np.float32((0.62, 0.6, 0.55)))


def _fabric(x: Floats, y: Floats, _rng: np.random.Generator) -> Floats:
    weave = 0.5 + 0.25 * np.sin(x * 180) * np.sin(y * 170) + 0.2 * np.sign(np.sin(x * 40))
    return np.asarray(weave[..., None] * np.float32((0.5, 0.35, 0.3)), np.float32)


def _clutter(x: Floats, _y: Floats, rng: np.random.Generator) -> Floats:
    """Things out of focus: discs and boxes of any colour."""
    side = x.shape[0]
    done = np.full((side, side, 3), 0.35, np.float32)
    for _ in range(45):
        colour = rng.random(3).astype(np.float32) ** 2
        cy, cx = rng.random(2) * side
        high, wide = (0.04 + 0.14 * rng.random(2)) * side
        if rng.random() < 0.5:
            rows, columns = draw.ellipse(cy, cx, high, wide, shape=(side, side))
        else:
            corners = (cy - high, cx - wide), (cy + high, cx + wide)
            rows, columns = draw.rectangle(*corners, shape=(side, side))
            rows, columns = rows.astype(int), columns.astype(int)
        done[rows, columns] = colour
    return np.asarray(ndimage.gaussian_filter(done, (side / 120, side / 120, 0)), np.float32)


_SMOOTH: dict[str, tuple[Callable[[Floats, Floats], Floats], tuple[float, float, float]]] = {
    "white": (lambda x, _y: 0.97 + 0 * x, (1, 1, 1)),
    "pale": (lambda x, _y: 0.86 + 0 * x, (1, 0.99, 0.97)),
    "grey": (lambda x, _y: 0.45 * (1 - 0.1 * x), (0.93, 0.96, 1)),
    "gradient": (lambda x, y: 0.75 - 0.45 * y + 0.08 * x, (1, 0.98, 0.95)),
    "vignette": (lambda x, y: 0.85 - 1.1 * ((x - 0.45) ** 2 + (y - 0.5) ** 2), (1, 1, 1)),
    "blue": (lambda _x, y: 0.8 + 0.3 * y, (0.12, 0.3, 0.6)),
    "dark": (lambda _x, y: 0.03 + 0.03 * y, (1, 1, 1.1)),
}
_MADE = {"wall and table": _wall_and_table, "wood": _wood, "fabric": _fabric, "clutter": _clutter}
GROUNDS = (*_SMOOTH, *_MADE)
