"""Shadows under a product that stands in a frame."""

from __future__ import annotations

import cv2
import numpy as np

from appliance.media.pictures.border import Floats, resample

_WORK_PX = 768  # shadows are soft: they are made small and enlarged
_CONTACT, _HALO, _DROP = 0.55, 0.28, 0.35  # opacity at the darkest
_LIFT = 0.035  # of the product's height: what hangs higher above the ground hardly touches it


def shadow(kind: str, alpha: Floats) -> Floats:
    """How dark the shadow is at each pixel of the frame: H×W float32, 0 none … 1 black.

    `alpha`: H×W float32, the product in place. `kind`: none; contact, a dark soft line where the
    product stands, following its lower edge, within a wider halo; drop, the blurred silhouette a
    little below, as of a sheet held before a wall. Raises ValueError for another kind.
    """
    height, width = alpha.shape
    if kind == "none" or not (alpha > 0.5).any():
        return np.zeros((height, width), np.float32)
    if kind not in _MADE:
        raise ValueError(f"{kind!r} is none of none, {', '.join(_MADE)}")
    scale = min(1.0, _WORK_PX / max(height, width))
    small = resample(alpha, (max(1, round(width * scale)), max(1, round(height * scale))))
    return resample(np.ascontiguousarray(_MADE[kind](small)), (width, height))


def _contact(alpha: Floats) -> Floats:
    tall, wide, _left, _top = _extent(alpha)
    touch = _ground_line(alpha, tall)
    line = _soft(touch, 0.012 * wide + 0.004 * tall, 0.007 * tall)
    halo = _soft(touch, 0.05 * wide + 0.01 * tall, 0.022 * tall)
    return np.asarray(np.maximum(_CONTACT * line, _HALO * halo), np.float32)


def _ground_line(alpha: Floats, tall: int) -> Floats:
    """Where the silhouette's lower edge is on the ground or nearly: 1 on it, less above it."""
    height = alpha.shape[0]
    solid = alpha > 0.5
    columns = np.flatnonzero(solid.any(axis=0))
    lowest = height - 1 - solid[::-1, columns].argmax(axis=0)
    lifted = lowest.max() - lowest
    weight = np.exp(-((lifted / max(1.0, _LIFT * tall)) ** 2)).astype(np.float32)
    thick = max(1, round(0.006 * tall))
    touch = np.zeros_like(alpha)
    for row in range(-thick, thick + 1):
        touch[np.clip(lowest + row, 0, height - 1), columns] = weight
    return touch


def _drop(alpha: Floats) -> Floats:
    tall, wide, _left, _top = _extent(alpha)
    down = round(0.03 * tall) + 1
    moved = np.zeros_like(alpha)
    moved[down:] = alpha[:-down]
    sigma = 0.022 * max(tall, wide)
    return np.asarray(_DROP * cv2.GaussianBlur(moved, (0, 0), max(0.5, sigma)), np.float32)


_MADE = {"contact": _contact, "drop": _drop}


def _extent(alpha: Floats) -> tuple[int, int, int, int]:
    """(height, width, left, top) of the product, px."""
    left, top, wide, tall = cv2.boundingRect((alpha > 0.5).astype(np.uint8))
    return tall, wide, left, top


def _soft(touch: Floats, across: float, down: float) -> Floats:
    """Blurred, with 1 again at its peak."""
    blurred = cv2.GaussianBlur(touch, (0, 0), sigmaX=max(0.5, across), sigmaY=max(0.5, down))
    return np.asarray(blurred / max(float(blurred.max()), 1e-6), np.float32)
