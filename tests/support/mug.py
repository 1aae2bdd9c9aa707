"""The mug of the demo's photo: its shape as a signed distance field, its clay and its glaze.

Lengths in cm; it stands on y = 0 around the y axis. Vectors are 3×N float32.

Sources: Hart 1996 (sphere tracing); Quilez, articles on distance functions (links, smooth unions).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
FAR = np.float32(1e6)


def vec(*numbers: float) -> Floats:
    return np.array(numbers, np.float32).reshape(-1, 1)


def dot(a: Floats, b: Floats) -> Floats:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def unit(a: Floats) -> Floats:
    return a / np.sqrt(dot(a, a))


TALL, WALL = 9.4, 0.36
CENTRE, REACH = vec(0.7, 4.7, 0.3), 7.4  # a sphere around all of it
TURN = np.float32(np.deg2rad(24))  # the handle points to the right and towards the camera


def radius(y: Floats) -> Floats:
    """The outer radius at a height: a soft belly, drawn in a little under the rim."""
    return 3.62 + 0.62 * np.sin(np.clip(y, 0, TALL) * (np.pi / TALL) * 0.92 + 0.2)


def smooth_min(a: Floats, b: Floats, k: float) -> Floats:
    h = np.maximum(k - np.abs(a - b), 0) / k
    return np.minimum(a, b) - h * h * (k / 4)


def barrel(r: Floats, y: Floats, low: float, high: float, corner: float) -> Floats:
    """Distance to a turned solid with rounded corners. `r`: from its wall, outwards."""
    middle, half = (low + high) / 2, (high - low) / 2
    a, b = r + corner, np.abs(y - middle) - half + corner
    outside = np.hypot(np.maximum(a, 0), np.maximum(b, 0))
    return outside + np.minimum(np.maximum(a, b), 0) - corner


def mug(p: Floats) -> Floats:
    """Signed distance to the mug, a little too small where it bends."""
    x, y, z = p
    wall = np.hypot(x, z) - radius(y)
    body = barrel(wall, y, 0.0, TALL, 0.5)
    along = x * np.cos(TURN) + z * np.sin(TURN) - 4.1
    across = z * np.cos(TURN) - x * np.sin(TURN)
    bow = np.hypot(along, np.maximum(np.abs(y - 5.0) - 1.35, 0)) - 1.85
    handle = np.sqrt((bow / 0.36) ** 2 + (across / 0.58) ** 2 + 1e-9) * 0.36 - 0.36
    solid = smooth_min(body, handle, 0.55)
    hollow = barrel(wall + WALL, y, 0.55, TALL + 4, 0.9)
    return -smooth_min(-solid, hollow, 0.3) * np.float32(0.93)


def normal(p: Floats) -> Floats:
    e = np.float32(2e-3)
    steps = np.array([[1, -1, -1], [-1, -1, 1], [-1, 1, -1], [1, 1, 1]], np.float32)
    return unit(sum(step[:, None] * mug(p + e * step[:, None]) for step in steps))


def march(o: Floats, d: Floats, limit: Floats | float = FAR, steps: int = 72) -> Floats:
    """Distance along unit rays to the mug, FAR where they miss it or `limit` comes first."""
    to = CENTRE - o
    along = dot(to, d)
    half = REACH**2 - (dot(to, to) - along**2)
    reach = np.sqrt(np.maximum(half, 0))
    start, end = np.maximum(along - reach, 0), np.minimum(along + reach, limit)
    hit = np.full(d.shape[1], FAR, np.float32)
    live = np.flatnonzero((half > 0) & (end > start))
    o = np.broadcast_to(o, d.shape)[:, live]
    d, t, end = d[:, live], start[live], np.broadcast_to(end, half.shape)[live]
    for _ in range(steps):
        if not live.size:
            break
        gap = mug(o + t * d)
        there = gap < 4e-4 * (1 + t * 0.02)
        hit[live[there]] = t[there]
        t = t + np.maximum(gap, 3e-4)
        on = ~there & (t < end)
        live, o, d, t, end = live[on], o[:, on], d[:, on], t[on], end[on]
    return hit


_LUCK = np.random.default_rng(7)
_WAVES = _LUCK.normal(size=(7, 3)).astype(np.float32)
_SHIFTS = (_LUCK.random((7, 1)) * 2 * np.pi).astype(np.float32)


def wobble(p: Floats, pitch: float) -> Floats:
    """Smooth noise in about -1…1."""
    return np.sin(_WAVES @ p * np.float32(pitch) + _SHIFTS).mean(0) * np.float32(1.9)


def specks(p: Floats, pitch: float, share: float) -> Floats:
    """1 in small round spots at random places, 0 between."""
    cell = np.floor(p * pitch)
    mixed = np.sin(cell[0] * 127.1 + cell[1] * 311.7 + cell[2] * 74.7) * 43758.55
    luck = np.stack([(mixed * k) % 1 for k in (1.0, 7.31, 13.7, 29.3)])
    off = p * pitch - cell - (0.3 + 0.4 * luck[:3])
    size = 0.12 + 0.16 * luck[0]
    return np.clip((size - np.sqrt(dot(off, off))) / 0.08, 0, 1) * (luck[3] < share)


def clay(p: Floats, n: Floats) -> tuple[Floats, Floats]:
    """The colour at points of the mug, and how much glaze lies there (0…1)."""
    out = np.hypot(p[0], p[2])
    inward = np.clip(0.5 - 4 * (n[0] * p[0] + n[2] * p[2]) / out, 0, 1)
    floor = (out < 3.2) & (p[1] > 0.3) & (n[1] > 0.5)
    inside = np.where(floor, 1, inward * (out < radius(p[1]) - 0.1))
    dipped = np.clip((p[1] - 2.9 - 0.22 * wobble(p, 0.5) - 0.05 * wobble(p, 2.2)) / 0.07, 0, 1)
    thin = np.clip((p[1] - TALL + 0.32 + 0.06 * wobble(p, 1.1)) / 0.3, 0, 1) * 0.75
    thin = np.maximum(thin, 0.55 * np.clip(1 - (p[1] - 2.9) / 0.5, 0, 1))
    glaze = vec(0.035, 0.155, 0.19) * (1 + 0.22 * wobble(p, 0.9) + 0.1 * wobble(p, 5))
    glaze = glaze * (1 - thin) + vec(0.20, 0.13, 0.075) * thin
    glaze = glaze * (1 - 0.75 * specks(p, 2.6, 0.16))
    raw = vec(0.47, 0.29, 0.165) * (1 + 0.07 * wobble(p, 7) + 0.05 * wobble(p, 1.3))
    raw = raw * (1 - 0.6 * specks(p, 4.1, 0.3))
    colour = raw * (1 - dipped) + glaze * dipped
    colour = colour * (1 - inside) + vec(0.045, 0.033, 0.028) * inside
    return colour, np.maximum(dipped, inside)


def uneven(p: Floats, n: Floats, gloss: Floats) -> Floats:
    """The normal as hands left it: throwing rings in the clay, slow waves in the glaze."""
    rings = np.cos(p[1] * 8.5 + 2 * wobble(p, 0.4)) * 0.035 * (1 - gloss) * (1 - np.abs(n[1]))
    tilt = np.stack([wobble(p, 1.7), wobble(p[[1, 2, 0]], 1.3), wobble(p[[2, 0, 1]], 1.5)])
    return unit(n + vec(0, 1, 0) * rings + tilt * (0.008 + 0.02 * (1 - gloss)))
