"""Solids as signed distance fields: metres, y up, standing on y = 0. Points are 3×N float32.

Source: Hart 1996 (sphere tracing); distances of primitives as in Quilez's articles.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Solid = Callable[[Floats], Floats]


def at(*numbers: float) -> Floats:
    return np.array(numbers, np.float32).reshape(-1, 1)


def length(v: Floats) -> Floats:
    return np.sqrt((v * v).sum(axis=0))


def ball(p: Floats, x: float, y: float, z: float, r: float) -> Floats:
    return length(p - at(x, y, z)) - np.float32(r)


def box(p: Floats, centre: Floats, half: Floats, soft: float = 0.05) -> Floats:
    q = np.abs(p - centre) - half + np.float32(soft)
    return length(np.maximum(q, 0)) + np.minimum(q.max(axis=0), 0) - np.float32(soft)


def tube(p: Floats, low: float, high: float, r: float, soft: float = 0.04) -> Floats:
    """An upright cylinder around the y axis."""
    q = np.stack([np.hypot(p[0], p[2]) - r, np.abs(p[1] - (low + high) / 2) - (high - low) / 2])
    q = q + np.float32(soft)
    return length(np.maximum(q, 0)) + np.minimum(q.max(axis=0), 0) - np.float32(soft)


def ring(p: Floats, centre: Floats, wide: float, thick: float) -> Floats:
    """A torus that stands upright and faces the camera."""
    q = p - centre
    return np.hypot(np.hypot(q[0], q[1]) - wide, q[2]) - np.float32(thick)


def turned(p: Floats, degrees: float) -> Floats:
    c, s = np.float32(np.cos(np.deg2rad(degrees))), np.float32(np.sin(np.deg2rad(degrees)))
    return np.stack([c * p[0] - s * p[2], p[1], s * p[0] + c * p[2]])


def soft_union(a: Floats, b: Floats, k: float) -> Floats:
    h = np.maximum(k - np.abs(a - b), 0) / k
    return np.minimum(a, b) - h * h * np.float32(k / 4)


def _bottle(p: Floats) -> Floats:
    body = soft_union(tube(p, 0, 1.25, 0.42, 0.12), tube(p, 1.2, 1.85, 0.14), 0.35)
    return np.minimum(body, tube(p, 1.8, 2.0, 0.18))


def _mug(p: Floats) -> Floats:
    wall = np.maximum(tube(p, 0, 1.3, 0.6), -tube(p, 0.1, 2.0, 0.52))
    handle = np.maximum(ring(p, at(0.62, 0.65, 0), 0.36, 0.08), 0.55 - p[0])
    return np.minimum(wall, handle)


def _chair(p: Floats) -> Floats:
    q = turned(p, 28)
    legs = box(np.stack([np.abs(q[0]), q[1], np.abs(q[2])]), at(0.5, 0.4, 0.5), at(0.06, 0.4, 0.06))
    seat = box(q, at(0, 0.85, 0), at(0.62, 0.07, 0.62))
    posts = box(np.stack([np.abs(q[0]), q[1], q[2]]), at(0.5, 1.4, -0.52), at(0.06, 0.55, 0.06))
    bars = np.abs(q[1] - 1.5) - 0.2
    back = box(np.stack([q[0], np.abs(bars) + 1.5, q[2]]), at(0, 1.55, -0.52), at(0.5, 0.06, 0.04))
    return np.minimum(np.minimum(legs, seat), np.minimum(posts, back))


def _shoe(p: Floats) -> Floats:
    q = turned(p, 12)
    sole = box(q, at(0, 0.1, 0), at(1.1, 0.1, 0.36), 0.09)
    toe = length((q - at(0.55, 0.25, 0)) * at(1.0, 1.35, 1.35)) - 0.45
    heel = box(q, at(-0.65, 0.5, 0), at(0.4, 0.45, 0.3), 0.2)
    upper = soft_union(soft_union(toe * 0.74, heel, 0.5), sole, 0.12)
    return np.maximum(upper, -tube(q + at(0.7, 0, 0), 0.7, 2.0, 0.24))


def _lamp(p: Floats) -> Floats:
    foot = tube(p, 0, 0.08, 0.5, 0.03)
    pole = tube(p, 0, 1.6, 0.035, 0.01)
    shade = np.hypot(p[0], p[2]) - (0.62 - 0.35 * (p[1] - 1.2) / 0.7)
    cut = np.maximum(shade * 0.88, np.abs(p[1] - 1.55) - 0.35)
    return np.minimum(np.minimum(foot, pole), cut)


def _bowl(p: Floats) -> Floats:
    shell = np.abs(ball(p, 0, 0.95, 0, 0.85)) - 0.05
    return np.maximum(np.maximum(shell, p[1] - 0.8), -p[1] + 0.02) - 0.02


def _two(p: Floats) -> Floats:
    tall = tube(p + at(0.55, 0, 0), 0, 1.5, 0.32, 0.08)
    return np.minimum(tall, ball(p, 0.6, 0.48, 0.2, 0.48))


def _cube(p: Floats) -> Floats:
    return box(turned(p, 32), at(0, 0.6, 0), at(0.72, 0.6, 0.55), 0.03)


def _bag(p: Floats) -> Floats:
    body = box(p, at(0, 0.6, 0), at(0.85, 0.6, 0.28), 0.12)
    return np.minimum(body, ring(p, at(0, 1.2, 0), 0.42, 0.05))


def _glasses(p: Floats) -> Floats:
    q = np.stack([np.abs(p[0]), p[1], p[2]])
    rims = ring(q, at(0.55, 0.5, 0.2), 0.42, 0.06)
    bridge = box(p, at(0, 0.58, 0.2), at(0.16, 0.045, 0.045), 0.03)
    arms = box(q, at(1.0, 0.62, -0.35), at(0.045, 0.05, 0.6), 0.03)
    return np.minimum(np.minimum(rims, bridge), arms)


SOLIDS: dict[str, Solid] = {
    "ball": lambda p: ball(p, 0, 0.9, 0, 0.9),
    "cube": _cube,
    "bottle": _bottle,
    "mug": _mug,
    "chair": _chair,
    "shoe": _shoe,
    "lamp": _lamp,
    "bowl": _bowl,
    "two": _two,
    "bag": _bag,
    "glasses": _glasses,
    "ring": lambda p: ring(p, at(0, 0.95, 0), 0.7, 0.24),
}
