"""Photographs that scikit-image ships, with outlines drawn by hand: right to some pixels."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import skimage
from skimage import draw

from tests.support.shots.rendered import Shot

PHOTOS = Path(skimage.__file__).parent / "data"
DRAWN = Path(__file__).with_name("photographs.json")


def photographs() -> list[Shot]:
    told = json.loads(DRAWN.read_text("utf-8"))
    return [_shot(name, each) for name, each in told.items()]


def _shot(name: str, told: dict[str, object]) -> Shot:
    pixels = skimage.io.imread(PHOTOS / str(told["file"]))[..., :3]
    mask = _filled(told["outline"], pixels.shape)
    for hole in told["holes"]:  # type: ignore[attr-defined]
        mask &= ~_filled(hole, pixels.shape)
    return Shot(name, "photograph", np.ascontiguousarray(pixels), mask.astype(np.float32))


def _filled(points: object, shape: tuple[int, ...]) -> np.ndarray:
    corners = np.array(points, np.float32)[:, ::-1]
    return np.asarray(draw.polygon2mask(shape[:2], corners))
