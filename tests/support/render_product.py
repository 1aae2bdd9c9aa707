"""Renders the demo's product photo: a dipped stoneware mug on a paper sweep, without any camera.

    nice .venv/bin/python -m tests.support.render_product appliance/cli/demo/mug.jpg

A small path tracer in numpy: the mug is a signed distance field, the sweep a plane that bends up
into a wall, the lights are rectangles. Lengths in cm, y up, the camera looks along -z. Vectors
are 3×N float32. Same seed, same pixels.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from tests.support.mug import FAR, Floats, clay, dot, march, normal, uneven, unit, vec

WIDTH, HEIGHT = 1600, 1200
RNG = np.random.default_rng(20)
CHUNK = 1 << 14


def chunks(count: int, size: int = CHUNK) -> Iterator[slice]:
    return (slice(at, min(at + size, count)) for at in range(0, count, size))


# The sweep: the floor y = 0 up to z = BEND, a quarter of a cylinder, then a wall.
BEND, BOW = -22.0, 16.0


def sweep(o: Floats, d: Floats) -> tuple[Floats, Floats]:
    """Distance to the paper (FAR beside it) and its normal there."""
    with np.errstate(all="ignore"):
        floor = np.where(d[1] < 0, -o[1] / d[1], FAR)
        back = np.where(d[2] < 0, (BEND - BOW - o[2]) / d[2], FAR)
        oy, oz = o[1] - BOW, o[2] - BEND
        a, b = d[1] ** 2 + d[2] ** 2, oy * d[1] + oz * d[2]
        c = oy**2 + oz**2 - BOW**2
        bow = (-b + np.sqrt(np.maximum(b * b - a * c, 0))) / np.maximum(a, 1e-9)
    on_floor, on_back = o[2] + floor * d[2] > BEND, o[1] + back * d[1] > BOW
    t = np.where(on_floor & (floor > 0), floor, np.where(on_back & (back > 0), back, bow))
    t = np.where((t > 0) & (t < 400), t, FAR).astype(np.float32)
    y, z = o[1] + t * d[1], o[2] + t * d[2]
    bent = np.stack([0 * t, (BOW - y) / BOW, (BEND - z) / BOW])
    n = np.where(z > BEND, vec(0, 1, 0), np.where(y > BOW, vec(0, 0, 1), bent))
    return t, unit(n.astype(np.float32))


@dataclass(frozen=True)
class Light:
    """A softbox: a rectangle with half sides u and v that shines to the side of u × v."""

    centre: Floats
    u: Floats
    v: Floats
    shine: Floats

    @property
    def facing(self) -> Floats:
        return unit(np.cross(self.u, self.v, axis=0))

    def samples(self, count: int, side: int) -> Floats:
        """side² spots, one in each cell of a grid, fresh for each of `count` points."""
        cell = np.arange(side, dtype=np.float32)
        grid = np.stack(np.meshgrid(cell, cell)).reshape(2, 1, -1)
        a, b = (grid + RNG.random((2, count, side * side), np.float32)) / side * 2 - 1
        return self.centre[:, :, None] + self.u[:, :, None] * a + self.v[:, :, None] * b

    def seen(self, o: Floats, d: Floats) -> Floats:
        """What a ray sees of it: bright in the middle, falling off to a soft edge."""
        with np.errstate(all="ignore"):
            t = dot(self.centre - o, self.facing) / dot(d, self.facing)
            at = o + t * d - self.centre
        a, b = dot(at, self.u) / dot(self.u, self.u), dot(at, self.v) / dot(self.v, self.v)
        edge = np.clip((1 - np.maximum(np.abs(a), np.abs(b))) / 0.08, 0, 1)
        glow = edge * (1.25 - 0.4 * (a * a + b * b)) * ((t > 0) & (dot(d, self.facing) < 0))
        return self.shine * np.nan_to_num(glow)


def softbox(at: Floats, aim: Floats, wide: float, high: float, shine: Floats) -> Light:
    facing = unit(aim - at)
    u = unit(np.cross(vec(0, 1, 0), facing, axis=0)) * wide
    return Light(at, u, np.cross(facing, unit(u), axis=0) * high, shine)


AIM = vec(0, 4, 0)
KEY = softbox(vec(-36, 27, 26), AIM, 11, 22, vec(11.0, 10.8, 10.4))
FILL = softbox(vec(44, 22, 16), AIM, 7, 20, vec(2.9, 3.0, 3.15))
TOP = softbox(vec(4, 62, -6), vec(3, 0, -10), 26, 16, vec(1.2, 1.2, 1.22))
LIGHTS = (KEY, FILL, TOP)
PAPER = vec(0.80, 0.795, 0.785)
EYE, FOCUS, ZOOM = vec(5.6, 17.5, 51.0), vec(3.7, 6.0, 0.0), 4.75
_AHEAD = unit(FOCUS - EYE)
_RIGHT = unit(np.cross(_AHEAD, vec(0, 1, 0), axis=0))
_UP = np.cross(_RIGHT, _AHEAD, axis=0)


def rays(at: Floats) -> Floats:
    """Directions through places of the picture; both sides count from 0 to 1."""
    a, b = (2 * at[0] - 1) * np.float32(WIDTH / HEIGHT), 1 - 2 * at[1]
    return unit(_AHEAD * ZOOM + _RIGHT * a + _UP * b)


def places(p: Floats) -> Floats:
    """Where points appear in the picture: the inverse of `rays`."""
    to = p - EYE
    scale = ZOOM / np.maximum(dot(to, _AHEAD), 1)
    a, b = dot(to, _RIGHT) * scale / np.float32(WIDTH / HEIGHT), dot(to, _UP) * scale
    return np.stack([(a + 1) / 2, (1 - b) / 2])


def direct(p: Floats, n: Floats, side: int) -> Floats:
    """Light that comes straight from the softboxes, per π, with their soft shadows."""
    total = np.zeros((3, p.shape[1]), np.float32)
    o = p + n * np.float32(5e-3)
    for light in LIGHTS:
        to = light.samples(p.shape[1], side) - o[:, :, None]
        flat = to.reshape(3, -1)
        far = np.sqrt(dot(flat, flat))
        d = flat / far
        each = side * side
        facing = np.maximum(dot(np.repeat(n, each, 1), d), 0) * np.maximum(-dot(light.facing, d), 0)
        on = np.flatnonzero(facing > 0)
        free = np.zeros_like(far)
        free[on] = march(np.repeat(o, each, 1)[:, on], d[:, on], far[on], 40) >= FAR
        area = 4 * np.sqrt(dot(light.u, light.u) * dot(light.v, light.v))
        total += light.shine * (free * facing / far**2).reshape(-1, each).mean(1) * area / np.pi
    return total


Paper = Callable[[Floats], Floats]


def around(n: Floats, count: int) -> Floats:
    """`count` directions a point, as a matt surface gathers light; 3×(N·count)."""
    n = np.repeat(n, count, 1)
    turn = RNG.random(n.shape[1], np.float32) * np.float32(2 * np.pi)
    row = np.tile(np.arange(count, dtype=np.float32), n.shape[1] // count)
    height = 2 * (row + RNG.random(n.shape[1], np.float32)) / count - 1
    flat = np.sqrt(np.maximum(1 - height**2, 0))
    return unit(
        n * np.float32(1.0005) + np.stack([flat * np.cos(turn), height, flat * np.sin(turn)])
    )


def look(o: Floats, d: Floats, paper: Paper, *, lamps: bool) -> Floats:
    """What a ray that starts at a surface sees: the mug, the paper, softboxes, the dim room."""
    room = vec(0.13, 0.13, 0.135) * (1 + 0.8 * np.clip(d[1], 0, 1))
    seen = room + sum(light.seen(o, d) for light in LIGHTS) if lamps else room
    far, _ = sweep(o, d)
    seen = np.where(far < FAR, paper(o + np.minimum(far, 400) * d), seen)
    near = march(o, d, 60.0, 48)
    on = np.flatnonzero(near < far)
    if on.size:
        p = o[:, on] + near[on] * d[:, on]
        n = normal(p)
        lit = np.maximum(dot(n, unit(KEY.centre - p)), 0) * (np.hypot(p[0], p[2]) > 3.9)
        seen = seen.copy()
        seen[:, on] = clay(p, n)[0] * (0.14 + 0.5 * lit)
    return seen


def gathered(p: Floats, n: Floats, paper: Paper, count: int) -> Floats:
    """Light from everything but the softboxes, per π."""
    d = around(n, count)
    seen = look(np.repeat(p + n * np.float32(5e-3), count, 1), d, paper, lamps=False)
    return seen.reshape(3, -1, count).mean(2)


def shaded(p: Floats, d: Floats, paper: Paper, side: int) -> Floats:
    """The light that leaves the mug at `p` against the ray `d`. Source: Schlick 1994 (Fresnel)."""
    n = normal(p)
    colour, gloss = clay(p, n)
    n = uneven(p, n, gloss)
    facing = np.clip(-dot(n, d), 0, 1)
    fresnel = (0.045 + 0.955 * (1 - facing) ** 5) * (0.12 + 0.88 * gloss)
    matt = colour * (direct(p, n, side) + gathered(p, n, paper, side * side))
    rough = RNG.normal(size=p.shape).astype(np.float32) * (0.012 + 0.25 * (1 - gloss))
    back = unit(d + 2 * facing * n + rough)
    mirror = look(p + n * np.float32(5e-3), back, paper, lamps=True)
    return matt * (1 - fresnel) + np.minimum(mirror, 12) * fresnel


def lay_paper(every: int, side: int) -> Floats:
    """The empty sweep with the mug's shadow on it, 3×rows×columns, one ray in `every` px."""
    columns, rows = WIDTH // every + 1, HEIGHT // every + 1
    grid = np.meshgrid(np.linspace(0, 1, columns), np.linspace(0, 1, rows))
    d = rays(np.stack(grid).reshape(2, -1).astype(np.float32))
    far, n = sweep(EYE, d)
    p, light = EYE + far * d, np.empty_like(d)
    blank = PAPER * vec(0.75, 0.75, 0.75)
    for part in chunks(d.shape[1], 2048):
        soft = gathered(p[:, part], n[:, part], lambda at: blank + 0 * at, side * side)
        light[:, part] = PAPER * (direct(p[:, part], n[:, part], side) + soft)
    smooth = [cv2.GaussianBlur(each, (0, 0), 1.2) for each in light.reshape(3, rows, columns)]
    return np.stack(smooth)


def between(grid: Floats, at: Floats) -> Floats:
    """What the grid shows at places of the picture, interpolated; the edge goes on outside."""
    _, rows, columns = grid.shape
    x, y = np.clip(at[0], 0, 1) * (columns - 1), np.clip(at[1], 0, 1) * (rows - 1)
    i, j = np.minimum(x.astype(int), columns - 2), np.minimum(y.astype(int), rows - 2)
    a, b = x - i, y - j
    above = grid[:, j, i] * (1 - a) + grid[:, j, i + 1] * a
    below = grid[:, j + 1, i] * (1 - a) + grid[:, j + 1, i + 1] * a
    return above * (1 - b) + below * b


def render(every: int, passes: int, side: int) -> Floats:
    """The picture in linear light, rows×columns×3; passes² rays a px, side² to each softbox."""
    backdrop = lay_paper(max(every, 4), 12)

    def paper(p: Floats) -> Floats:
        return between(backdrop, places(p))

    columns, rows = WIDTH // every, HEIGHT // every
    x, y = np.meshgrid(np.arange(columns), np.arange(rows))
    corner = np.stack([x, y]).reshape(2, -1).astype(np.float32)
    total = np.zeros((3, corner.shape[1]), np.float32)
    for number in tqdm(range(passes**2), unit="pass"):
        cell = np.array([[number % passes], [number // passes]])
        spot = corner + (cell + RNG.random(corner.shape, np.float32)) / passes
        at = (spot / np.array([[columns], [rows]])).astype(np.float32)
        for part in chunks(corner.shape[1]):
            total[:, part] += traced(at[:, part], paper, backdrop, side)
    return (total / passes**2).T.reshape(rows, columns, 3)


def traced(at: Floats, paper: Paper, backdrop: Floats, side: int) -> Floats:
    """The colour at places of the picture."""
    d, seen = rays(at), between(backdrop, at)
    far = march(EYE, d)
    on = np.flatnonzero(far < FAR)
    if on.size:
        seen[:, on] = shaded(EYE + far[on] * d[:, on], d[:, on], paper, side)
    return seen


def developed(linear: Floats) -> NDArray[np.uint8]:
    """Light as a camera hands it out: fall-off to the corners, a film's shoulder, grain, sRGB."""
    rows, columns, _ = linear.shape
    y, x = np.mgrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j]
    light = linear * EXPOSURE * (1 - 0.13 * (x**2 * 0.64 + y**2 * 0.36))[:, :, None]
    light = np.where(light > 0.6, 0.6 + 0.4 * np.tanh((light - 0.6) / 0.4), light)
    grain = cv2.GaussianBlur(RNG.normal(size=(rows, columns)), (0, 0), 0.6)[:, :, None]
    light = np.maximum(light + grain * 0.008 * np.sqrt(np.maximum(light, 0)), 0)
    srgb = np.where(light < 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.rint(np.clip(srgb, 0, 1) * 255).astype(np.uint8)


EXPOSURE = np.float32(1.0)


def main() -> None:
    """Render to the file named on the command line; a second argument gives a quick, small one."""
    every = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    picture = developed(render(every, 1 if every > 2 else 3, 3))
    cv2.imwrite(sys.argv[1], picture[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 92])


if __name__ == "__main__":
    main()
