"""Surfaces a product can stand on, each as a tile that joins itself on all sides.

A tile is SIDE × SIDE × 3 float32 in linear light, 0…1, seen from straight above; its right edge
goes on at its left. Every one is made anew from a seed.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from appliance.media.sets.noise import (
    Floats,
    Random,
    blurred,
    colour,
    fractal,
    mixed,
    moved,
    ramp,
    sloped,
)

SIDE = 1024
_SHAPE = (SIDE, SIDE)


def surface(name: str, random: Random) -> Floats:
    """A tile of one of SURFACES. Raises KeyError for another name."""
    return np.asarray(np.clip(SURFACES[name](random), 0, 1), np.float32)


def _marble(random: Random, ground: str, cloud: str, vein: str) -> Floats:
    """Veins are where warped fields pass through 0: long ones that run one way, and finer ones."""
    bend = [fractal(random, _SHAPE, 3.3, waves=(1, 60)) for _ in range(2)]
    rough = fractal(random, _SHAPE, 2.2, waves=(8, 120))
    v, u = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32) / SIDE
    clouds = moved(fractal(random, _SHAPE, 2.3, waves=(1, 60)), 70 * bend[0], 70 * bend[1])
    strong = [ramp(np.roll(each, 300, axis=0), -1.0, 1.8) for each in bend]
    tile = mixed(colour(ground), colour(cloud), 0.8 * ramp(clouds, -0.8, 2.0))
    start = random.random(2) * 6
    long = [
        np.sin(2 * np.pi * (u + 2 * v) + 1.5 * bend[0] + 0.06 * rough + start[0]),
        np.sin(2 * np.pi * (3 * v - u) + 1.4 * bend[1] + 0.08 * rough + start[1]),
    ]
    fine = fractal(random, _SHAPE, 3.0, waves=(3, 40), stretch=(1.4, 0.8)) + 0.05 * rough
    fine = moved(fine, 50 * bend[1], 50 * bend[0])
    veins = ((long[0], 0.05, 0.9, 0), (long[1], 0.035, 0.6, 1), (fine, 0.03, 0.3, 1))
    for path, width, most, where in veins:
        share = strong[where]
        line = np.exp(-np.abs(path) / (width * (0.3 + 1.7 * share)))
        halo = np.exp(-np.abs(path) / (6 * width))
        tile = mixed(tile, colour(vein), most * (0.9 * line + 0.1 * halo) * (0.06 + 0.94 * share))
    return np.asarray(tile * (1 + 0.012 * fractal(random, _SHAPE, 0.6)[..., None]), np.float32)


_PLANKS = 5


def _wood(random: Random, light: str, dark: str, seam: float) -> Floats:
    """Planks sawn through year rings: contours of a slope that long noise bends."""
    v, _u = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
    board = v // (SIDE / _PLANKS)
    across = (v % (SIDE / _PLANKS)) / (SIDE / _PLANKS)
    shift = random.random((_PLANKS, 6), np.float32)[board[:, 0].astype(int)][..., None]
    bow = fractal(random, _SHAPE, 2.6, waves=(1, 40), stretch=(5, 1))
    bow = moved(bow, shift[:, 0] * SIDE, shift[:, 1] * SIDE)
    heart = np.abs(across - 0.2 - 0.6 * shift[:, 2]) ** (1.1 + shift[:, 3]) * (3 + 7 * shift[:, 4])
    rings = heart * 1.7 + bow * (0.35 + 0.75 * shift[:, 3])
    phase = rings - np.floor(rings)
    late = ramp(phase, 0.1, 0.86) * ramp(phase, 1.0, 0.93)
    fibre = fractal(random, _SHAPE, 0.9, waves=(8, 512), stretch=(26, 1))
    fibre = moved(fibre, shift[:, 5] * SIDE, 0.0)
    pores = ramp(fractal(random, _SHAPE, 0.2, waves=(60, 512), stretch=(9, 1)), 1.5, 2.7)
    tone = 0.4 * late + 0.08 * fibre + 0.6 * shift[:, 1] - 0.08
    tile = mixed(colour(light), colour(dark), np.clip(tone, 0, 1).astype(np.float32))
    tile = tile * (1 - 0.38 * pores * (0.4 + late))[..., None]
    edge = np.minimum(across, 1 - across) * (SIDE / _PLANKS)
    return np.asarray(tile * (1 - seam * np.exp(-((edge / 1.7) ** 2)))[..., None], np.float32)


def _concrete(random: Random, light: str = "#BDBBB6", dark: str = "#96948F") -> Floats:
    patches = fractal(random, _SHAPE, 2.2, waves=(1, 90))
    stains = moved(
        fractal(random, _SHAPE, 2.8, waves=(1, 12)), 40 * patches, 40 * np.rot90(patches)
    )
    tile = mixed(colour(light), colour(dark), ramp(0.6 * patches + 0.6 * stains, -1.8, 2.2))
    rough = 0.5 * fractal(random, _SHAPE, 0.9, waves=(30, 512)) + 0.6 * patches
    tile = tile * sloped(rough, 0.055)[..., None]
    holes = fractal(random, _SHAPE, 0.6, waves=(20, 120))
    holes = ramp(holes, 3.0, 3.5)
    tile = tile * (1 - 0.55 * holes)[..., None] * sloped(-blurred(holes, 1.2), 0.8)[..., None]
    return np.asarray(tile * (1 + 0.03 * fractal(random, _SHAPE, 0)[..., None]), np.float32)


_THREADS = 128


def _linen(random: Random, light: str, dark: str) -> Floats:
    """Threads over and under each other, uneven in thickness, in soft folds."""
    wander = [fractal(random, _SHAPE, 2.0, waves=(1, 60), stretch=way) for way in ((4, 1), (1, 4))]
    v, u = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32) * (_THREADS / SIDE)
    u, v = u + 0.22 * wander[1], v + 0.22 * wander[0]
    thick = [
        fractal(random, _SHAPE, 1.0, waves=(2, 128), stretch=way) for way in ((14, 1), (1, 14))
    ]
    over = np.sin(np.pi * u) * np.sin(np.pi * v) > 0
    weft = np.abs(np.sin(np.pi * v)) ** 0.7 * (0.8 + 0.16 * thick[0])
    warp = np.abs(np.sin(np.pi * u)) ** 0.7 * (0.8 + 0.16 * thick[1])
    height = np.where(over, weft + 0.18 * warp, warp + 0.18 * weft).astype(np.float32)
    tile = mixed(colour(dark), colour(light), np.clip(0.1 + 0.85 * height, 0, 1))
    folds = fractal(random, _SHAPE, 3.4, waves=(1, 9), stretch=(1.0, 0.55))
    folds = moved(folds, 60 * folds, 0.0)
    return np.asarray(tile * sloped(18 * folds, 0.22)[..., None], np.float32)


def _cloth(random: Random, light: str, dark: str) -> Floats:
    """Smooth cloth in long soft folds, such as satin: bright along the ridges."""
    base = fractal(random, _SHAPE, 3.2, waves=(1, 7), stretch=(1.8, 0.7))
    folds = moved(base, 90 * base, 60 * np.roll(base, 200, axis=0))
    lit = sloped(26 * folds, 0.24) - 1
    tile = mixed(colour(dark), colour(light), ramp(lit, -0.62, 0.62))
    fine = fractal(random, _SHAPE, 0.3, waves=(200, 512))
    return np.asarray(
        tile * (1 + 0.012 * fine)[..., None] + 0.16 * ramp(lit, 0.32, 0.7)[..., None], np.float32
    )


_CHIPS = ("#C98F6B", "#5E6B66", "#D9B48A", "#8A5A4A", "#9AA39A", "#3F4347", "#E9DCC6")


def _terrazzo(random: Random, ground: str = "#ECE7DD") -> Floats:
    """Chips of stone in many sizes, laid the largest first where there is room."""
    fine = 2
    side = SIDE * fine
    levels = np.full((side, side), 0, np.uint8)
    for number in range(1500):
        radius = side * (0.004 + 0.03 * random.random() ** 3.2)
        corners = int(random.integers(4, 8))
        turn = np.sort(random.random(corners)) * 2 * np.pi
        reach = radius * (0.55 + 0.6 * random.random((corners, 1)))
        shape = reach * np.stack([np.cos(turn), np.sin(turn) * 0.8], axis=1)
        at = random.random(2) * side
        shade = 1 + number % len(_CHIPS)
        _stamp(levels, shape + at, shade)
    shades = np.stack([colour(ground), *(colour(each) for each in _CHIPS)])
    tile = cv2.resize(shades[levels], _SHAPE, interpolation=cv2.INTER_AREA)
    clouds = fractal(random, _SHAPE, 1.6, waves=(2, 200))
    return np.asarray(tile * (1 + 0.035 * clouds)[..., None], np.float32)


def _stamp(
    levels: np.ndarray[tuple[int, int], np.dtype[np.uint8]], shape: Floats, value: int
) -> None:
    side = levels.shape[0]
    for right in (-side, 0, side):
        for down in (-side, 0, side):
            points = np.rint(shape + np.array([right, down])).astype(np.int32)
            if (points.max(axis=0) >= 0).all():
                cv2.fillPoly(levels, [points], value)


def _sand(random: Random) -> Floats:
    ripples = fractal(random, _SHAPE, 2.4, waves=(1, 12), stretch=(2.2, 0.8))
    v = np.mgrid[0:SIDE, 0:SIDE][0].astype(np.float32)
    waves = np.sin(2 * np.pi * (v * 22 / SIDE + 0.7 * ripples))
    grains = fractal(random, _SHAPE, 0.2, waves=(80, 512))
    relief = 1.6 * waves + 6 * ripples + 0.35 * grains
    tile = mixed(colour("#D8BE94"), colour("#EAD7B2"), ramp(grains + 0.5 * ripples, -2, 2))
    return np.asarray(tile * sloped(relief, 0.08)[..., None], np.float32)


def _stone(random: Random) -> Floats:
    """Split slate: dark, in shallow steps."""
    base = fractal(random, _SHAPE, 2.3, waves=(1, 120))
    base = moved(base, 30 * base, 30 * np.rot90(base))
    steps = 0.7 * np.round(base * 2.4) / 2.4 + 0.3 * base
    rough = blurred(steps.astype(np.float32), 1.4) * 5 + fractal(
        random, _SHAPE, 1.0, waves=(20, 512)
    )
    tile = mixed(colour("#3C4043"), colour("#585B5C"), ramp(base, -2, 2))
    return np.asarray(tile * sloped(rough, 0.10)[..., None], np.float32)


SURFACES: dict[str, Callable[[Random], Floats]] = {
    "marble": lambda random: _marble(random, "#F1EFEC", "#D9D7D5", "#75777C"),
    "marble-black": lambda random: _marble(random, "#17181B", "#26282D", "#CFC8BC"),
    "marble-green": lambda random: _marble(random, "#1E3A31", "#2E5246", "#BFD0C0"),
    "oak": lambda random: _wood(random, "#CDA878", "#9A6F42", 0.62),
    "walnut": lambda random: _wood(random, "#7D553A", "#432A1C", 0.7),
    "whitewash": lambda random: _wood(random, "#E2DCD2", "#B9AE9F", 0.45),
    "concrete": _concrete,
    "plaster": lambda random: _concrete(random, "#D9D4CC", "#C6BFB4"),
    "linen": lambda random: _linen(random, "#E3D8C6", "#B5A68E"),
    "satin": lambda random: _cloth(random, "#E9D5CB", "#B58F80"),
    "velvet": lambda random: _cloth(random, "#36527A", "#0E1830"),
    "terrazzo": _terrazzo,
    "sand": _sand,
    "slate": _stone,
}
