"""What is seen behind a product, out of focus: H×W×3 float32 in linear light for a stage."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from appliance.media.sets.noise import Floats, Random, colour, fractal, mixed, ramp
from appliance.media.sets.stage import Stage
from appliance.media.sets.surfaces import surface

_SMALL = 360  # px of the longer side: what is far out of focus is made small and enlarged


def paper(top: str, bottom: str, *, glow: float = 0.25) -> Backdrop:
    """A smooth wall from one colour to another, lighter behind the product on the light's side."""

    def hang(stage: Stage, _random: Random) -> Floats:
        down = ramp(stage.rows(), -0.1 * stage.height, max(stage.edge, 0.4 * stage.height))
        wall = mixed(colour(top), colour(bottom), np.repeat(down, stage.width, axis=1))
        return np.asarray(wall * (1 + glow * _pool(stage) - 0.5 * glow)[..., None], np.float32)

    return hang


def wall(name: str, *, span: float = 1.1, blur: float = 0.004, tone: float = 0.9) -> Backdrop:
    """A wall of one of the surfaces, a little out of focus. `span`, `blur`: in picture sides."""

    def hang(stage: Stage, random: Random) -> Floats:
        scale = min(1.0, 1000 / stage.side)
        size = (round(stage.width * scale), round(stage.height * scale))
        side = max(2, round(span * max(size)))
        tile = cv2.resize(surface(name, random), (side, side), interpolation=cv2.INTER_AREA)
        times = (-(-size[1] // side), -(-size[0] // side), 1)
        hung = np.tile(tile, times)[: size[1], : size[0]]
        hung = cv2.GaussianBlur(hung, (0, 0), max(0.5, blur * max(size)))
        hung = cv2.resize(hung, (stage.width, stage.height), interpolation=cv2.INTER_CUBIC)
        return np.asarray(hung * (tone * (0.75 + 0.4 * _pool(stage)))[..., None], np.float32)

    return hang


def room(wall: str, window: str, dark: str) -> Backdrop:
    """A living room far out of focus: a window, furniture, a plant, lamps."""

    def hang(stage: Stage, random: Random) -> Floats:
        height, width = _small(stage)
        seen = np.empty((height, width, 3), np.float32)
        seen[:] = colour(wall)
        side = 1 if stage.light.towards[0] >= 0 else -1
        at = (0.5 + side * 0.34) * width + random.normal(0, 0.03) * width
        for pane in range(2):
            left = round(at + (pane - 1) * 0.17 * width)
            box = (left, -9, round(0.145 * width), round(0.78 * height))
            _box(seen, box, colour(window) * 1.15)
        for _ in range(9):
            wide, tall = (0.06 + 0.2 * random.random(2)) * (width, height)
            left = (0.5 - side * random.random() * 0.55) * width - wide / 2
            bottom = (0.62 + 0.16 * random.random()) * height
            shade = mixed(colour(dark), colour(wall), random.random(1, np.float32))[0]
            _box(seen, (round(left), round(bottom - tall), round(wide), round(tall * 2)), shade)
        _leaves(seen, (0.5 - side * 0.33, 0.3), random)
        _sparks(seen, random, colour("#FFD9A0") * 4, 9)
        return _defocused(seen, stage, 0.07)

    return hang


def garden(stage: Stage, random: Random) -> Floats:
    """Trees and a bright sky between them, far out of focus, with the sun in the leaves."""
    height, width = _small(stage)
    down = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    sky = mixed(colour("#9CC4E8"), colour("#F3F1E2"), np.repeat(ramp(down, 0.0, 0.6), width, 1))
    crowns = fractal(random, (height, width), 2.0, waves=(1, 22))
    tones = fractal(random, (height, width), 1.5, waves=(2, 40))
    greens = mixed(colour("#52702F"), colour("#C4D488"), ramp(tones, -1.7, 1.9))
    leafy = 0.94 * ramp(crowns + 3.6 * (down - 0.10), -0.5, 0.7)
    seen = mixed(sky * 1.15, greens, leafy)
    lawn = np.repeat(ramp(down, 0.62, 0.72), width, axis=1)
    seen = mixed(seen, colour("#8DA84C") * (0.8 + 0.3 * down[..., None]), lawn)
    _sparks(seen, random, colour("#FFF6C8") * 3.2, 46)
    return _defocused(seen.astype(np.float32), stage, 0.042)


def shore(stage: Stage, random: Random) -> Floats:
    """Sky above the sea, and the sea's line, a little out of focus."""
    height, width = _small(stage)
    down = np.repeat(np.linspace(0, 1, height, dtype=np.float32)[:, None], width, axis=1)
    line = float(np.clip(stage.edge / stage.height - 0.13, 0.2, 0.8))
    clouds = ramp(fractal(random, (height, width), 2.4, waves=(1, 30), stretch=(3.5, 1)), 0.2, 2.4)
    sky = mixed(colour("#6FA9DC"), colour("#E6EEF1"), ramp(down, -0.1, line))
    sky = mixed(sky, colour("#FFFFFF"), 0.75 * clouds)
    waves = fractal(random, (height, width), 1.2, waves=(4, 200), stretch=(7, 1))
    sea = mixed(colour("#2F7FA3"), colour("#7FC3C9"), ramp(down, line, line + 0.2))
    sea = sea * (1 + 0.10 * waves[..., None])
    return _defocused(mixed(sky, sea, ramp(down, line - 0.004, line + 0.004)), stage, 0.007)


Backdrop = Callable[[Stage, Random], Floats]


def _pool(stage: Stage) -> Floats:
    """The light that falls on what is behind: 1 in its middle, on the light's side. H×W."""
    at = stage.middle + 0.22 * stage.light.towards[0] * stage.width
    across = (stage.columns() - at) / (0.62 * stage.width)
    down = (stage.rows() - (stage.base - 0.6 * stage.tall)) / (0.62 * stage.height)
    return np.asarray(np.exp(-(across**2 + down**2)), np.float32)


def _small(stage: Stage) -> tuple[int, int]:
    scale = _SMALL / stage.side
    return max(16, round(stage.height * scale)), max(16, round(stage.width * scale))


def _box(seen: Floats, box: tuple[int, int, int, int], shade: Floats) -> None:
    left, top, wide, tall = box
    seen[max(0, top) : max(0, top + tall), max(0, left) : max(0, left + wide)] = shade


def _leaves(seen: Floats, at: tuple[float, float], random: Random) -> None:
    height, width = seen.shape[:2]
    for _ in range(40):
        middle = (np.array(at) + random.normal(0, (0.06, 0.11))) * (width, height)
        shade = colour("#5E7A45") * (0.35 + 0.9 * random.random())
        axes = (int(2 + 0.03 * width * random.random()), int(2 + 0.012 * width))
        turn = float(random.random() * 180)
        place = (int(middle[0]), int(middle[1]))
        cv2.ellipse(seen, place, axes, turn, 0, 360, shade.tolist(), -1)


def _sparks(seen: Floats, random: Random, shade: Floats, count: int) -> None:
    """Small bright spots: out of focus each becomes a disc."""
    height, width = seen.shape[:2]
    for _ in range(count):
        x, y = int(random.random() * width), int(random.random() ** 1.5 * 0.7 * height)
        seen[y : y + 2, x : x + 2] = shade * (0.4 + random.random())


def _defocused(seen: Floats, stage: Stage, radius: float) -> Floats:
    """As a lens shows what is not in focus: every point a disc. `radius` in picture sides."""
    r = max(1, round(radius * max(seen.shape[:2])))
    y, x = np.mgrid[-r : r + 1, -r : r + 1].astype(np.float32)
    disc = np.clip(r + 0.5 - np.hypot(x, y), 0, 1)
    soft = cv2.filter2D(seen, -1, disc / disc.sum(), borderType=cv2.BORDER_REFLECT)
    soft = cv2.GaussianBlur(soft, (0, 0), 0.12 * r + 0.5)
    size = (stage.width, stage.height)
    return np.asarray(cv2.resize(soft, size, interpolation=cv2.INTER_CUBIC).clip(0, None))
