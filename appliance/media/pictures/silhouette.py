"""Which pixels of a small picture are the product, by what the border says of the background."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.media.pictures.border import Border, Floats

if TYPE_CHECKING:
    from appliance.core.picture import Pixels

Flags = NDArray[np.bool_]

_LEAK_PX = 2  # gaps in a product's outline up to twice this are not flooded through
_AROUND_PX = 15
_LEVELS = 16  # of a ΔE, for a median filter that takes bytes
_OUTLINE = 0.45  # of the background's noise: what an outline is steeper than its surroundings
_STEEPEST = 3.0  # ΔE a pixel that a shadow changes at most
_HOLE_AREA = 2e-4  # of the picture
_SPECK = 0.01  # of the largest piece
_GRABCUT_PX = 480


def on_plain(pixels: Pixels, lab: Floats, border: Border) -> Flags:
    """The product on a plain background: what a flood from the picture's edge does not reach.

    The flood runs through what has the background's colour, and through its shadows: pixels with
    the background's hue, darker, and without an outline. Holes with exactly the background's
    colour, such as a mug's handle encloses, are background too.
    Shapes: H×W×3 uint8, H×W×3 float32 Lab → H×W bool. At most some 1000 px a side.
    """
    ground = border.colours(lab)
    soft = cv2.GaussianBlur(lab, (0, 0), 0.9)
    far = np.linalg.norm(soft - ground, axis=2)
    near = max(3.0, 2.5 * border.noise)
    plain = far < near
    flooded = (plain | _shadowy(lab, ground)) & _smooth(lab, border.noise)
    product = ~_flood(flooded, plain)
    _open_holes(product, plain, far, 0.6 * near)
    return _pieces(product)


def _shadowy(lab: Floats, ground: Floats) -> Flags:
    """Darker than the background by the same factor in red, green and blue."""
    pair = [
        cv2.GaussianBlur(cv2.cvtColor(each, cv2.COLOR_Lab2RGB), (0, 0), 0.9)
        for each in (lab, ground)
    ]
    ratio = np.log((pair[0] + 0.03) / (pair[1] + 0.03))
    mean = ratio.mean(axis=2)
    spread = ratio.max(axis=2) - ratio.min(axis=2)
    return np.asarray((mean < 0) & (mean > -1.2) & (spread < 0.06 - 0.15 * mean))


def _smooth(lab: Floats, noise: float) -> Flags:
    """Where the colour changes no faster than around: in shadows, but not on an outline.

    An outline is a line, and so in the minority everywhere around it: the median does not see it.
    """
    soft = cv2.GaussianBlur(lab, (0, 0), 0.9)
    across = cv2.Scharr(soft, cv2.CV_32F, 1, 0) / 32
    down = cv2.Scharr(soft, cv2.CV_32F, 0, 1) / 32
    steep = np.sqrt((across**2 + down**2).sum(axis=2))  # ΔE a pixel
    levels = np.clip(steep * _LEVELS, 0, 255).astype(np.uint8)
    around = cv2.medianBlur(levels, _AROUND_PX).astype(np.float32) / _LEVELS
    return np.asarray((steep < 1.5 * around + _OUTLINE * noise) & (steep < _STEEPEST))


def _flood(passable: Flags, source: Flags) -> Flags:
    """What is reached from `source` pixels at the picture's edge through `passable` ones."""
    # Beyond the edge all is background, so that a product touching it keeps no sealed corners.
    wide = np.pad(passable, _LEAK_PX, mode="edge").astype(np.uint8)
    safe = cv2.erode(wide, _disk(_LEAK_PX))[_LEAK_PX:-_LEAK_PX, _LEAK_PX:-_LEAK_PX]
    _, labels = cv2.connectedComponents(safe, connectivity=4)
    edge = np.ones(passable.shape, bool)
    edge[1:-1, 1:-1] = False
    seeds = np.unique(labels[edge & source & (safe > 0)])
    reached = np.isin(labels, seeds[seeds > 0])
    for _ in range(2 * _LEAK_PX):  # back to where the passable part ends
        reached = (cv2.dilate(reached.astype(np.uint8), _disk(1)) > 0) & passable
    return np.asarray(reached)


def _open_holes(product: Flags, plain: Flags, far: Floats, close: float) -> None:
    enclosed = (product & plain).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(enclosed, connectivity=4)
    sums = np.bincount(labels.ravel(), weights=far.ravel(), minlength=count)
    areas = stats[:, cv2.CC_STAT_AREA]
    holes = np.flatnonzero((areas > _HOLE_AREA * product.size) & (sums / areas < close))
    product[np.isin(labels, holes[holes > 0])] = False


def _pieces(product: Flags) -> Flags:
    """The pieces that are not specks against the largest."""
    opened = cv2.morphologyEx(product.astype(np.uint8), cv2.MORPH_OPEN, _disk(1))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(opened, connectivity=8)
    areas = stats[1:, cv2.CC_STAT_AREA]
    if count < 2:
        return np.zeros_like(product)
    kept = 1 + np.flatnonzero(areas >= max(_SPECK * areas.max(), 2e-4 * product.size))
    return np.isin(labels, kept)


def by_grabcut(pixels: Pixels, far: Floats, person: Floats | None) -> Flags:
    """The most likely product where the background is not plain: GrabCut at reduced size.

    It starts from people where `person` (H×W float32 0…1) is given, else from what differs from
    the border and lies inwards. Deterministic. Shapes: H×W×3 uint8, H×W float32 → H×W bool.
    """
    height, width = far.shape
    scale = min(1.0, _GRABCUT_PX / max(height, width))
    size = (max(8, round(width * scale)), max(8, round(height * scale)))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    shrunk = cv2.resize(far if person is None else person, size, interpolation=cv2.INTER_AREA)
    labels = _guess(shrunk) if person is None else _guess_person(shrunk)
    if not (labels % 2).any() or (labels % 2).all():
        return np.zeros((height, width), bool)
    cv2.setRNGSeed(1)
    cv2.grabCut(small, labels, None, np.zeros((1, 65)), np.zeros((1, 65)), 4, cv2.GC_INIT_WITH_MASK)
    found = cv2.resize(
        (labels % 2).astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR
    )
    return _pieces(cv2.GaussianBlur(found, (0, 0), 1.5) > 0.5)


def _guess(far: Floats) -> NDArray[np.uint8]:
    height, width = far.shape
    x = np.linspace(-1, 1, width)[None, :]
    y = np.linspace(-1, 1, height)[:, None]
    inwards = 1 - np.maximum(np.abs(x), np.abs(y))
    likely = far * np.sqrt(inwards) > np.median(far)
    labels = np.where(likely, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[inwards < 0.06] = cv2.GC_BGD
    return labels


def _guess_person(person: Floats) -> NDArray[np.uint8]:
    reach = max(3, round(0.06 * max(person.shape)))
    sure = cv2.erode((person > 0.9).astype(np.uint8), _disk(3))
    around = cv2.dilate((person > 0.3).astype(np.uint8), _disk(reach))
    labels = np.where(person > 0.5, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[around == 0] = cv2.GC_BGD
    labels[sure > 0] = cv2.GC_FGD
    return labels


def _disk(radius: int) -> NDArray[np.uint8]:
    side = 2 * radius + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)
