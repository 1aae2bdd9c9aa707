"""A soft mask and clean colours from a hard mask: how much of each edge pixel is product."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from appliance.core.picture import Pixels

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]

_WEAK, _CLEAR = (
    8.0,
    40.0,
)  # levels of RGB between product and background: mask alone … colours alone
_COLUMNS = 1024


def matte(pixels: Pixels, mask: Flags, *, edge_px: float) -> tuple[Floats, Pixels]:
    """(alpha, colours): the mask made soft at its edge, and the product's own colours there.

    In a band of `edge_px` (of the mask's pixels) around the edge each pixel counts as a mixture of
    the product's and the background's colour nearby, both taken from outside the band; alpha is
    the share that explains it, and the background's part is taken out of the colour.
    Shapes: pixels H×W×3 uint8, mask h×w bool at the same or a smaller scale → H×W float32 in 0…1,
    H×W×3 uint8. Beyond the band alpha is exactly 0 or 1 and colours are `pixels`.
    """
    height, width = pixels.shape[:2]
    small = cv2.resize(pixels, mask.shape[::-1], interpolation=cv2.INTER_AREA)
    inner, outer = _depth(mask, edge_px), _depth(~mask, edge_px)
    product, ground = _spread(small, inner), _spread(small, outer)
    hard = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), max(0.5, edge_px / 3))
    known = np.where(inner, np.float32(1), np.where(outer, np.float32(0), np.float32(0.5)))
    alpha = _enlarged(known, width, height)
    band = (alpha > 0.001) & (alpha < 0.999)
    alpha = (alpha >= 0.5).astype(np.float32)
    colours = pixels.copy()
    rows, columns = np.nonzero(band)
    for start in range(0, len(rows), 256 * _COLUMNS):
        part = slice(start, start + 256 * _COLUMNS)
        r, c = rows[part], columns[part]
        at = _sampler(r, c, (height, width), mask.shape)
        share, clean = _unmixed(pixels[r, c], at(product), at(ground), at(hard))
        alpha[r, c] = share
        colours[r, c] = clean
    return alpha, colours


def _depth(mask: Flags, edge_px: float) -> Flags:
    deep = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 3) > edge_px
    # Straps and cables have no inside so deep; their middle line has to do.
    thin = mask & (cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 3) > 1)
    lost = thin & ~(cv2.dilate(deep.astype(np.uint8), _disk(round(2 * edge_px) + 1)) > 0)
    return np.asarray(deep | (lost if mask.any() else deep))


def _disk(radius: int) -> NDArray[np.uint8]:
    side = 2 * radius + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)


def _spread(pixels: Pixels, known: Flags) -> Floats:
    """The colours of `known` pixels carried outwards: near ones count most. H×W×3 float32."""
    weight = known.astype(np.float32)
    colours = pixels.astype(np.float32) * weight[..., None]
    done = np.zeros_like(colours)
    left = np.ones_like(weight)
    for sigma in (2.5, 7.0, 24.0):
        w = cv2.GaussianBlur(weight, (0, 0), sigma)
        c = cv2.GaussianBlur(colours, (0, 0), sigma) / np.maximum(w, 1e-6)[..., None]
        share = left * np.clip(w / 0.08, 0, 1)
        done += c * share[..., None]
        left -= share
    if known.any():
        done += left[..., None] * pixels[known].mean(axis=0, dtype=np.float32)
    return done


def _enlarged(values: Floats, width: int, height: int) -> Floats:
    return np.asarray(cv2.resize(values, (width, height), interpolation=cv2.INTER_LINEAR))


def _sampler(rows, columns, full, small):  # noqa: ANN
    count = len(rows)
    padded = -(-count // _COLUMNS) * _COLUMNS
    y = np.zeros(padded, np.float32)
    x = np.zeros(padded, np.float32)
    y[:count] = (rows + 0.5) * (small[0] / full[0]) - 0.5
    x[:count] = (columns + 0.5) * (small[1] / full[1]) - 0.5
    y, x = y.reshape(-1, _COLUMNS), x.reshape(-1, _COLUMNS)

    def at(values: Floats) -> Floats:
        found = cv2.remap(values, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return found.reshape(padded, *values.shape[2:])[:count]

    return at


def _unmixed(seen: Pixels, product: Floats, ground: Floats, hard: Floats):  # noqa: ANN
    way = product - ground
    length = np.einsum("ij,ij->i", way, way)
    here = seen.astype(np.float32) - ground
    told = np.clip(np.einsum("ij,ij->i", here, way) / np.maximum(length, 1), 0, 1)
    trust = np.clip((np.sqrt(length) - _WEAK) / (_CLEAR - _WEAK), 0, 1)
    share = trust * told + (1 - trust) * hard
    share[share < 0.02] = 0
    share[share > 0.98] = 1
    solid = np.maximum(share, 0.1)[:, None]
    clean = np.clip(ground + here / solid, 0, 255)
    clean = share[:, None] * clean + (1 - share[:, None]) * product
    clean[share == 1] = seen[share == 1]
    return share, np.rint(clean).clip(0, 255).astype(np.uint8)
