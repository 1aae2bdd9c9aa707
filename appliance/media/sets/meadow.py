"""Grass: blades drawn one by one, the far ones first."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.media.sets.noise import (
    Floats,
    Random,
    colour,
    fractal,
    mixed,
    ramp,
    to_levels,
    to_linear,
)
from appliance.media.sets.stage import Stage

_BLADES = 24000
_MOST_PX = 1400  # of the longer side that blades are drawn at


def meadow(floor: Floats, stage: Stage, random: Random) -> None:
    """Grow grass over the ground, in place: H×W×3 float32, rows above the stage's edge unchanged.

    Blades are taller and wider the nearer they are; tufts differ in tone.
    """
    scale = min(1.0, _MOST_PX / stage.side)
    small = stage.scaled(max(8, round(stage.width * scale)), max(8, round(stage.height * scale)))
    levels = to_levels(_earth(small, random))
    _draw(levels, small, random)
    green = to_linear(levels)
    grown = cv2.resize(green, (stage.width, stage.height), interpolation=cv2.INTER_CUBIC)
    first = max(0, int(stage.edge - 0.02 * stage.height))
    light = floor[first:].mean(axis=2, keepdims=True) / max(float(floor[first:].mean()), 1e-3)
    floor[first:] = grown[first:] * np.clip(cv2.blur(light, (31, 31))[..., None], 0.7, 1.3)


def _earth(stage: Stage, random: Random) -> Floats:
    tufts = fractal(random, (stage.height, stage.width), 1.6, waves=(4, 120), stretch=(1.5, 1))
    return mixed(colour("#2C421A"), colour("#5D7A30"), ramp(tufts, -2, 2))


def _draw(green: NDArray[np.uint8], stage: Stage, random: Random) -> None:
    from_row = max(0.0, stage.edge - 0.01 * stage.height) if not stage.above else 0.0
    share = np.sort(random.random(_BLADES)) ** (0.75 if not stage.above else 1)
    y = from_row + share * (stage.height * 1.06 - from_row)
    x = random.random(_BLADES) * stage.width * 1.04 - 0.02 * stage.width
    near = np.ones_like(y)
    if not stage.above:
        near = np.clip((y - stage.vanish) / max(stage.base - stage.vanish, 1), 0.25, 2.2)
    tall = 0.055 * stage.side * near * (0.5 + random.random(_BLADES))
    bend = random.normal(0, 0.38, _BLADES) * tall
    tufts = fractal(random, (64, 64), 1.4, waves=(1, 16))
    tone = tufts[(y / stage.height * 40).astype(int) % 64, (x / stage.width * 40).astype(int) % 64]
    tone = np.clip(0.5 + 0.2 * tone + random.normal(0, 0.2, _BLADES), 0, 1).astype(np.float32)
    shades = to_levels(mixed(colour("#3A5720"), colour("#B4CE6B"), tone[None]))[0]
    tips = np.stack([x + bend, y - tall], axis=1)
    waists = np.stack([x + 0.25 * bend, y - 0.55 * tall], axis=1)
    lines = np.stack([np.stack([x, y], axis=1), waists, tips], axis=1)
    points = np.rint(lines * 16).astype(np.int32)
    thick = np.maximum(1, np.rint(0.0011 * stage.side * near)).astype(int)
    for blade, shade, width in zip(points, shades.tolist(), thick.tolist(), strict=True):
        cv2.polylines(green, [blade], False, shade, width, cv2.LINE_AA, 4)  # noqa: FBT003  cv2's own
