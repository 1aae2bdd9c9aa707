"""Product photos drawn for tests, with the mask they were drawn from."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
BACKGROUNDS = ("white", "grey", "gradient", "vignette", "blue", "table", "clutter")
PRODUCTS = ("bottle", "mug", "shoe", "white box", "dark box", "two")


@dataclass(frozen=True)
class Scene:
    """A photo: H×W×3 uint8, and which share of each pixel is product: H×W float32 in 0…1."""

    pixels: NDArray[np.uint8]
    mask: Floats


def scene(
    product: str = "bottle",
    background: str = "white",
    *,
    size: tuple[int, int] = (600, 800),
    shadow: float = 0.0,
    noise: float = 1.5,
    at: tuple[float, float] = (0.5, 0.5),
    seed: int = 1,
) -> Scene:
    """`product` on `background`; `size` width × height; `shadow` 0…1 below it; `noise` levels."""
    width, height = size
    rng = np.random.default_rng(seed)
    mask, colours = _product(product, width, height, at)
    ground = _background(background, width, height, rng)
    if shadow:
        ground *= 1 - shadow * _shadow(mask)[..., None]
    mixed = ground * (1 - mask[..., None]) + colours * mask[..., None]
    mixed += rng.normal(0, noise, mixed.shape).astype(np.float32) if noise else 0
    return Scene(np.clip(np.rint(mixed), 0, 255).astype(np.uint8), mask)


def iou(alpha: Floats, truth: Floats) -> float:
    """Intersection over union of two soft masks taken at one half."""
    a, b = alpha > 0.5, truth > 0.5
    return float((a & b).sum() / max(1, (a | b).sum()))


def _shadow(mask: Floats) -> Floats:
    height = mask.shape[0]
    moved = np.roll(mask, height // 30, axis=0)
    moved[: height // 30] = 0
    return np.asarray(cv2.GaussianBlur(moved, (0, 0), height / 50), np.float32)


def _background(kind: str, width: int, height: int, rng: np.random.Generator) -> Floats:
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    x, y = x / width, y / height
    ground = np.empty((height, width, 3), np.float32)
    match kind:
        case "white":
            ground[:] = 250
        case "grey":
            ground[:] = (170, 172, 175)
        case "gradient":
            ground[:] = (225 - 70 * y + 15 * x)[..., None] * np.float32((1.0, 0.99, 0.97))
        case "vignette":
            ground[:] = (240 - 120 * ((x - 0.5) ** 2 + (y - 0.4) ** 2))[..., None]
        case "blue":
            ground[:] = (90, 140, 200)
            ground += (20 * y)[..., None]
        case "table":
            ground[:] = (215, 212, 205)
            ground[y > 0.62] = (150, 120, 95)
        case "clutter":
            spots = rng.random((height // 20, width // 20, 3)).astype(np.float32) * 255
            ground[:] = cv2.resize(spots, (width, height), interpolation=cv2.INTER_CUBIC)
    return ground.clip(0, 255)


def _product(kind: str, width: int, height: int, at: tuple[float, float]) -> tuple[Floats, Floats]:
    k = 4  # drawn four times as large: exact soft edges
    unit = min(width, height) * k
    middle = np.array([width * k * at[0], height * k * at[1]])
    stencil = np.zeros((height * k, width * k), np.uint8)
    for points, value in _SHAPES[kind]:
        scaled = np.rint(middle + np.array(points) * unit).astype(np.int32)
        cv2.fillPoly(stencil, [scaled], value)
    mask = cv2.resize(
        (stencil > 0).astype(np.float32), (width, height), interpolation=cv2.INTER_AREA
    )
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    shade = 1 + 0.18 * np.sin(x / width * 9)[..., None] - 0.1 * (y / height)[..., None]
    colours = np.float32(_COLOURS[kind]) * shade
    label = cv2.resize(
        (stencil == 2).astype(np.float32), (width, height), interpolation=cv2.INTER_AREA
    )
    colours += label[..., None] * (np.float32((250, 245, 235)) - colours)
    return np.asarray(mask, np.float32), np.asarray(colours.clip(0, 255), np.float32)


def _ellipse(x: float, y: float, rx: float, ry: float) -> list[tuple[float, float]]:
    turn = np.linspace(0, 2 * np.pi, 90)
    return list(zip(x + rx * np.cos(turn), y + ry * np.sin(turn), strict=True))


def _box(x: float, y: float, w: float, h: float) -> list[tuple[float, float]]:
    return [(x, y), (x + w, y), (x + w, y + h), (x, y + h)]


_SHOE = [(-0.32, 0.12), (-0.3, -0.1), (-0.2, -0.2), (-0.1, -0.12), (0.05, -0.05), (0.28, 0.02)]
_SHOE += [(0.34, 0.1), (0.33, 0.17), (-0.31, 0.17)]
_SHAPES: dict[str, list[tuple[list[tuple[float, float]], int]]] = {
    "bottle": [
        (_box(-0.12, -0.1, 0.24, 0.42), 1),
        (_ellipse(0, -0.1, 0.12, 0.1), 1),
        (_box(-0.04, -0.34, 0.08, 0.2), 1),
        (_box(-0.12, 0.0, 0.24, 0.18), 2),
    ],
    "mug": [
        (_ellipse(0.2, 0.02, 0.13, 0.15), 1),
        (_ellipse(0.2, 0.02, 0.08, 0.1), 0),
        (_box(-0.2, -0.2, 0.4, 0.44), 1),
    ],
    "shoe": [(_SHOE, 1)],
    "white box": [(_box(-0.25, -0.2, 0.5, 0.4), 1)],
    "dark box": [(_box(-0.25, -0.2, 0.5, 0.4), 1), (_box(-0.15, -0.1, 0.3, 0.2), 2)],
    "two": [(_ellipse(-0.2, 0, 0.14, 0.2), 1), (_ellipse(0.2, 0, 0.14, 0.2), 1)],
}
_COLOURS = {
    "bottle": (40, 110, 60),
    "mug": (190, 60, 50),
    "shoe": (120, 90, 60),
    "white box": (205, 203, 200),
    "dark box": (35, 35, 40),
    "two": (200, 150, 40),
}
