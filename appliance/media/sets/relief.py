"""The shape of a product guessed from its outline and its shading: a normal at every pixel."""

from __future__ import annotations

import cv2
import numpy as np

from appliance.media.pictures.border import resample
from appliance.media.sets.noise import Floats

_WORK_PX = 320  # of the longer side: the bulge is smooth
_ROUNDS = 40  # of relaxation at each size
_DETAIL = 0.35


def normals(luminance: Floats, alpha: Floats) -> Floats:
    """Which way the surface faces at each pixel: H×W×3 float32 (right, up, towards the camera).

    The outline is blown up like a cushion (the root of a Poisson equation's solution), and what is
    brighter than around it counts as raised. Shapes: both H×W float32 in 0…1. Length is 1; outside
    the product it faces the camera.
    Sources: Igarashi 1999 (inflation), Johnston 2002 (lighting of drawings).
    """
    height, width = alpha.shape
    scale = min(1.0, _WORK_PX / max(height, width))
    size = (max(4, round(width * scale)), max(4, round(height * scale)))
    bulge = inflated(resample(alpha, size))
    across, down = _slopes(bulge)
    across, down = (resample(each, (width, height)) for each in (across, down))
    fine = _detail(luminance, alpha)
    right, up = _slopes(fine)
    x = -across - _DETAIL * right
    y = down + _DETAIL * up
    inside = np.clip(alpha * 2 - 0.5, 0, 1)
    x, y = x * inside, y * inside
    length = np.sqrt(x * x + y * y + 1)
    return np.asarray(np.dstack([x, y, np.ones_like(x)]) / length[..., None], np.float32)


def inflated(alpha: Floats) -> Floats:
    """Height in px of a cushion with this outline: H×W float32, 0 outside."""
    mask = np.pad((alpha > 0.5).astype(np.float32), 1)  # a cushion needs a rim
    smallest = min(mask.shape)
    sizes = [mask]
    while min(sizes[-1].shape) > 12 and len(sizes) < 7:
        half = (max(2, sizes[-1].shape[1] // 2), max(2, sizes[-1].shape[0] // 2))
        sizes.append((resample(sizes[-1], half) > 0.5).astype(np.float32))
    height = np.zeros_like(sizes[-1])
    around = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], np.float32) / 4
    for level in range(len(sizes) - 1, -1, -1):
        inside = sizes[level]
        height = resample(height, (inside.shape[1], inside.shape[0])) * inside
        step = np.float32(4.0**level) / np.float32(smallest)
        for _ in range(_ROUNDS):
            height = (cv2.filter2D(height, -1, around) + step) * inside
    rounded = np.sqrt(np.maximum(height, 0))
    reach = float(cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 5).max())
    rounded *= reach / max(float(rounded.max()), 1e-6)
    return np.asarray(cv2.GaussianBlur(rounded, (0, 0), 1.6)[1:-1, 1:-1], np.float32)


def _slopes(height: Floats) -> tuple[Floats, Floats]:
    """Rise per px to the right and downwards."""
    across = cv2.Sobel(height, cv2.CV_32F, 1, 0, ksize=3, scale=1 / 8)
    down = cv2.Sobel(height, cv2.CV_32F, 0, 1, ksize=3, scale=1 / 8)
    return np.asarray(across, np.float32), np.asarray(down, np.float32)


def _detail(luminance: Floats, alpha: Floats) -> Floats:
    """Relief in px that the shading tells of: neither noise nor the large forms nor the outline."""
    side = max(alpha.shape)
    seen = np.log(luminance * alpha + (1 - alpha) * float(luminance.mean()) + 0.05)
    fine = np.asarray(cv2.GaussianBlur(seen, (0, 0), max(0.8, 0.0012 * side)), np.float32)
    small = resample(fine, (max(4, alpha.shape[1] // 8), max(4, alpha.shape[0] // 8)))
    coarse = cv2.GaussianBlur(small, (0, 0), max(0.8, 0.02 * side / 8))
    told = fine - resample(np.asarray(coarse, np.float32), (alpha.shape[1], alpha.shape[0]))
    return np.asarray(np.clip(told, -0.5, 0.5) * 0.012 * side, np.float32)
