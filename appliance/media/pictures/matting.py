"""A soft mask and clean colours from a hard mask: how much of each edge pixel is product."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.media.pictures.border import Flags, Floats, resample

if TYPE_CHECKING:
    from appliance.core.picture import Pixels

Places = NDArray[np.intp]

_WEAK, _CLEAR = (
    8.0,
    40.0,
)  # levels of RGB between product and background: mask alone … colours alone
_NOISE = 0.02  # alpha nearer than this to 0 or 1 is noise
_REACHES = (5, 15, 49)  # px, from how far colours are carried
_COLUMNS = 1024
_AT_ONCE = 256 * _COLUMNS  # pixels


def matte(pixels: Pixels, mask: Flags, *, edge_px: float) -> tuple[Floats, Pixels]:
    """(alpha, colours): the mask made soft at its edge, and the product's own colours there.

    In a band of `edge_px` (of the mask's pixels) on both sides of the edge, each pixel counts as a
    mixture of the product's and the background's colour nearby, both taken from outside the band:
    alpha is the share that explains it, and the background's part is taken out of the colour.
    Shapes: pixels H×W×3 uint8, mask h×w bool at the same or a smaller scale → H×W float32 in 0…1,
    H×W×3 uint8. Beyond the band alpha is exactly 0 or 1, and colours are `pixels`.
    """
    height, width = pixels.shape[:2]
    small = resample(pixels, (mask.shape[1], mask.shape[0]))
    product, ground = mixture(small, mask, edge_px=edge_px)
    hard = _soft(mask.astype(np.float32), max(0.5, edge_px / 3))
    levels = resample(_settled(mask, edge_px), (width, height))
    band = cv2.inRange(levels, 1, 254)
    places = cv2.findNonZero(band) if cv2.countNonZero(band) else np.empty((0, 2))
    columns, rows = np.asarray(places, np.intp).reshape(-1, 2).T
    alpha = (levels >> 7).astype(np.float32)
    colours = pixels.copy()
    for start in range(0, len(rows), _AT_ONCE):
        r, c = rows[start : start + _AT_ONCE], columns[start : start + _AT_ONCE]
        at = _sampler(r, c, mask.shape[0] / height, mask.shape[1] / width)
        alpha[r, c], colours[r, c] = _unmixed(pixels[r, c], at(product), at(ground), at(hard))
    return alpha, colours


def mixture(small: Pixels, mask: Flags, *, edge_px: float) -> tuple[Floats, Floats]:
    """(product, background): what colour each has near the mask's edge, from beyond its band.

    Further away than that colours are carried both are 0.
    Shapes: H×W×3 uint8, H×W bool → twice H×W×3 float32.
    """
    near = _around(mask, _REACHES[-1] + round(2 * edge_px) + 4)
    part, inside = small[near], mask[near]
    both = np.zeros((2, *small.shape), np.float32)
    both[(0, *near)] = _spread(part, _depth(inside, edge_px))
    both[(1, *near)] = _spread(part, _depth(~inside, edge_px))
    return both[0], both[1]


def _around(mask: Flags, margin: int) -> tuple[slice, slice]:
    """The rows and columns that hold the mask, and `margin` px more on each side."""
    left, top, wide, tall = cv2.boundingRect(mask.astype(np.uint8))
    rows = slice(max(0, top - margin), top + tall + margin)
    return rows, slice(max(0, left - margin), left + wide + margin)


def _settled(mask: Flags, edge_px: float) -> NDArray[np.uint8]:
    """255 where surely product, 0 where surely not, 128 in the band between."""
    told = np.full(mask.shape, 128, np.uint8)
    told[_depth(mask, edge_px)] = 255
    told[_depth(~mask, edge_px)] = 0
    return told


def _depth(mask: Flags, edge_px: float) -> Flags:
    inwards = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 3)
    deep = inwards > edge_px
    # Straps and cables have no inside so deep; what lies off their edge has to do.
    reached = cv2.dilate(deep.astype(np.uint8), _disk(round(2 * edge_px) + 1)) > 0
    return np.asarray(deep | ((inwards > 1) & ~reached))


def _disk(radius: int) -> NDArray[np.uint8]:
    side = 2 * radius + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)


def _spread(pixels: Pixels, known: Flags) -> Floats:
    """The colours of `known` pixels carried outwards: near ones count most. H×W×3 float32."""
    weight = known.astype(np.float32)
    colours = pixels.astype(np.float32) * _thrice(weight)
    done = np.zeros_like(colours)
    left = np.ones_like(weight)
    for reach in _REACHES:
        w = _boxed(weight, reach)
        share = left * np.clip(w / 0.08, 0, 1)
        done += _boxed(colours, reach) * _thrice(share / np.maximum(w, 1e-6))
        left -= share
    if known.any():
        done += _thrice(left) * np.asarray(cv2.mean(pixels, known.astype(np.uint8))[:3], np.float32)
    return done


def _thrice(values: Floats) -> Floats:
    """One value for each channel: numpy is slow at spreading them over a last axis of three."""
    return np.asarray(cv2.merge((values, values, values)), np.float32)


def _soft(values: Floats, sigma: float) -> Floats:
    return np.asarray(cv2.GaussianBlur(values, (0, 0), sigma), np.float32)


def _boxed(values: Floats, reach: int) -> Floats:
    """Blurred twice by a box, which takes the same time however large the box is."""
    once = cv2.blur(values, (reach, reach))
    return np.asarray(cv2.blur(once, (reach, reach)), np.float32)


def _sampler(rows: Places, columns: Places, down: float, across: float) -> Callable[[Floats], Any]:
    """What reads a small array at full-size places, between its pixels."""
    count = len(rows)
    maps = np.zeros((2, -(-count // _COLUMNS) * _COLUMNS), np.float32)  # remap takes no long rows
    maps[0, :count] = (columns + 0.5) * across - 0.5
    maps[1, :count] = (rows + 0.5) * down - 0.5
    x, y = maps.reshape(2, -1, _COLUMNS)

    def at(values: Floats) -> Floats:
        found = cv2.remap(values, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(found.reshape(-1, *values.shape[2:])[:count], np.float32)

    return at


def _unmixed(
    seen: Pixels, product: Floats, ground: Floats, hard: Floats
) -> tuple[Floats, NDArray[np.uint8]]:
    """(alpha, colour) of N pixels seen as a mixture of `product` and `ground`."""
    way, here = product - ground, seen.astype(np.float32) - ground
    length = np.einsum("ij,ij->i", way, way)
    told = np.clip(np.einsum("ij,ij->i", here, way) / np.maximum(length, 1), 0, 1)
    trust = np.clip((np.sqrt(length) - _WEAK) / (_CLEAR - _WEAK), 0, 1)
    share = trust * told + (1 - trust) * hard
    share = np.where(share < _NOISE, 0, np.where(share > 1 - _NOISE, 1, share))[:, None]
    clean = np.clip(ground + here / np.maximum(share, 0.1), 0, 255)
    clean = share * clean + (1 - share) * product
    clean = np.where(share == 1, seen, np.rint(clean))
    return share[:, 0].astype(np.float32), clean.clip(0, 255).astype(np.uint8)
