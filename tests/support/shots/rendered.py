"""A small renderer of product photos: sphere tracing, soft shadows, six materials.

What a photo shows of its product is known to a sixteenth of a pixel: it is traced four times as
large as the masks come out, in both directions together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from tests.support.shots.grounds import ground
from tests.support.shots.shapes import SOLIDS, Floats, Solid, at, length

MATERIALS = ("matt", "gloss", "metal", "glass", "stripes", "label")
_EYE, _AIM, _ZOOM = at(0.3, 2.1, 6.5), at(0, 0.85, 0), np.float32(3.4)
_LIGHT = at(-2.6, 4.6, 2.6)
_BOUND, _REACH = at(0, 0.9, 0), 1.75
_OVER = 2  # samples a side of each pixel


@dataclass(frozen=True)
class Take:
    """One photo to be made. `colour`: linear red, green, blue; `shadow` 0…1; `side` px."""

    solid: str
    material: str
    ground: str
    colour: tuple[float, float, float]
    shadow: float = 0.7
    seed: int = 0

    @property
    def name(self) -> str:
        return f"{self.material} {self.solid} on {self.ground}"


@dataclass(frozen=True)
class Shot:
    """A photo: H×W×3 uint8 sRGB, and how much of each pixel is product: H×W float32 in 0…1."""

    name: str
    kind: str
    pixels: NDArray[np.uint8]
    mask: Floats


def render(take: Take, side: int = 400) -> Shot:
    rng = np.random.default_rng(take.seed)
    wide = side * _OVER
    solid = SOLIDS[take.solid]
    rays = _rays(wide)
    behind = ground(take.ground, wide, rng).reshape(-1, 3).T.copy()
    behind *= _lit_ground(solid, rays, take.shadow)
    depth = _trace(solid, _EYE, rays)
    hit = np.flatnonzero(depth < 50)
    seen = behind.copy()
    p = _EYE + rays[:, hit] * depth[hit]
    seen[:, hit] = _shaded(take, solid, p, rays[:, hit], behind[:, hit])
    mask = np.zeros(wide * wide, np.float32)
    mask[hit] = 1
    picture = _small(seen.T.reshape(wide, wide, 3), side)
    pixels = _developed(picture, rng)
    return Shot(take.name, take.ground, pixels, _small(mask.reshape(wide, wide), side))


def _rays(wide: int) -> Floats:
    ahead = (_AIM - _EYE) / length(_AIM - _EYE)
    right = np.cross(ahead, at(0, 1, 0), axis=0)
    right /= length(right)
    up = np.cross(right, ahead, axis=0)
    step = (np.arange(wide, dtype=np.float32) + 0.5) / wide * 2 - 1
    a, b = np.meshgrid(step, -step)
    d = ahead * _ZOOM + right * a.reshape(1, -1) + up * b.reshape(1, -1)
    return np.asarray(d / length(d), np.float32)


def _trace(solid: Solid, origin: Floats, rays: Floats, steps: int = 90) -> Floats:
    """How far each ray goes to the solid; 99 where it misses."""
    to = _BOUND - origin
    along = (to * rays).sum(axis=0)
    half = _REACH**2 - ((to * to).sum(axis=0) - along**2)
    depth = np.full(rays.shape[1], 99, np.float32)
    live = np.flatnonzero((half > 0) & (along + np.sqrt(np.maximum(half, 0)) > 0))
    t = np.maximum(along[live] - np.sqrt(half[live]), 0)
    end = along[live] + np.sqrt(half[live])
    start = origin if origin.shape[1] == 1 else origin[:, live]
    for _ in range(steps):
        near = solid(start + rays[:, live] * t)
        depth[live[near < 1e-3]] = t[near < 1e-3]
        t = t + near * np.float32(0.9)
        on = (near >= 1e-3) & (t < end)
        live, t, end = live[on], t[on], end[on]
        start = start if start.shape[1] == 1 else start[:, on]
        if not len(live):
            break
    return depth


def _lit_ground(solid: Solid, rays: Floats, strength: float) -> Floats:
    """How much light is left on the floor, 1 beyond it: a cast shadow, and one of contact."""
    light = np.ones(rays.shape[1], np.float32)
    down = np.flatnonzero(rays[1] < -0.02)
    p = _EYE - rays[:, down] * (_EYE[1] / rays[1, down])
    near = np.flatnonzero(length(p) < 9)
    p, down = p[:, near], down[near]
    towards = _LIGHT - p
    far = length(towards)
    towards = towards / far
    free, t = np.ones(len(down), np.float32), np.full(len(down), 0.03, np.float32)
    for _ in range(44):
        gap = solid(p + towards * t)
        free = np.minimum(free, np.clip(7 * gap / t, 0, 1))
        t = t + np.clip(gap, 0.03, 0.4)
    occluded = np.exp(-np.maximum(solid(p + at(0, 0.02, 0)), 0) / 0.09)
    light[down] = (1 - strength * (1 - free) * 0.8) * (1 - strength * 0.45 * occluded)
    return light


def _normal(solid: Solid, p: Floats) -> Floats:
    e = np.float32(1.5e-3)
    ways = ((1, -1, -1), (-1, -1, 1), (-1, 1, -1), (1, 1, 1))
    n = sum((at(*way) * solid(p + at(*way) * e) for way in ways), np.zeros_like(p))
    return np.asarray(n / np.maximum(length(n), 1e-9), np.float32)


def _shaded(take: Take, solid: Solid, p: Floats, d: Floats, behind: Floats) -> Floats:
    n = _normal(solid, p)
    towards = _LIGHT - p
    towards = towards / length(towards)
    shaded = _trace(solid, p + n * np.float32(0.02), towards, 40) < 50
    facing = np.clip((n * towards).sum(axis=0), 0, 1) * np.where(shaded, 0.25, 1)
    bounce = 0.5 + 0.5 * n[1]
    mirror = d - 2 * (d * n).sum(axis=0) * n
    shine = np.clip((mirror * towards).sum(axis=0), 0, 1)
    edge = (1 - np.clip(-(d * n).sum(axis=0), 0, 1)) ** 3
    room = 0.25 + 0.6 * np.clip(mirror[1], 0, 1) + 0.5 * (np.abs(mirror[0] + 0.4) < 0.15)
    colour = _colour(take, p)
    lit = colour * (0.25 + 0.2 * bounce + 0.75 * facing)
    match take.material:
        case "gloss" | "label":
            return lit + 0.6 * shine**60 + 0.25 * edge * room
        case "metal":
            return colour * room * (0.6 + 0.5 * facing) + 0.5 * shine**90
        case "glass":
            return behind * (0.8 - 0.5 * edge) + 0.12 * lit + 0.7 * shine**120 + 0.2 * edge * room
    return lit


def _colour(take: Take, p: Floats) -> Floats:
    base = np.broadcast_to(at(*take.colour), p.shape)
    if take.material == "stripes":
        other = at(*take.colour[::-1]) * np.float32(0.7) + np.float32(0.1)
        return np.where(np.sin(p[1] * 14) > 0, base, other)
    if take.material == "label":
        on = (np.abs(p[1] - 0.65) < 0.28) & (p[2] > 0.1)
        ink = on & (np.sin(p[0] * 45) * np.sin(p[1] * 60) > 0.55)
        return np.where(ink, at(0.05, 0.05, 0.06), np.where(on, at(0.9, 0.88, 0.84), base))
    return base


def _small(values: Floats, side: int) -> Floats:
    return values.reshape(side, _OVER, side, _OVER, *values.shape[2:]).mean((1, 3))


def _developed(picture: Floats, rng: np.random.Generator) -> NDArray[np.uint8]:
    """As a camera gives it: a little unsharp, sRGB, grain."""
    soft = ndimage.gaussian_filter(np.clip(picture, 0, 1), (0.4, 0.4, 0))
    curve = np.where(soft <= 0.0031308, 12.92 * soft, 1.055 * soft ** (1 / 2.4) - 0.055)
    levels = curve * 255 + rng.normal(0, 1.3, curve.shape)
    return np.clip(np.rint(levels), 0, 255).astype(np.uint8)
