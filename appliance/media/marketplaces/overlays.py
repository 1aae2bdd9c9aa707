"""Words, watermarks and frames laid over a picture: guesses from how strokes lie, without weights.

Letters are strokes of one height on one line, close to each other. That finds printed words of
some size; it does not read them, and it finds no single letter and no slanted or curved line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.media.marketplaces.outline import Outline
from appliance.media.pictures.border import resample

if TYPE_CHECKING:
    from appliance.core.picture import Pixels

Levels = NDArray[np.uint8]
Stats = NDArray[np.int32]

_WORK_PX = 1024
_STROKE_PX = 15  # strokes narrower than that, at working size
_CLEAR, _FAINT = 48, 5  # levels that strokes differ from what is around: print, watermark
_TALL = (8, 90)  # px: the heights of letters that are looked for
_MOST = 2500  # pieces: more are a texture
_LETTERS = 5
_ALIGNED = 0.7  # of a line's letters stand on it
_BAND = 0.04  # of the shorter side, in which a frame is looked for
_ALONG = 0.9  # of a side that a frame's line follows


@dataclass(frozen=True)
class Overlays:
    """What seems to lie over the picture: lines of words beside the product, faint lines anywhere,
    whether a line or band runs along the edges.
    """

    text_lines: int
    faint_lines: int
    framed: bool


def overlays(pixels: Pixels, found: Outline) -> Overlays:
    """Look for what was laid over H×W×3 uint8 sRGB; `found`: where the product is."""
    scale = min(1.0, _WORK_PX / max(pixels.shape[:2]))
    size = (max(8, round(pixels.shape[1] * scale)), max(8, round(pixels.shape[0] * scale)))
    small = resample(pixels, size)
    grey = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.uint8)
    product = _body(found.product, size)
    text = faint = 0
    for strokes in _strokes(grey):
        text += sum(_is_beside(line, product) for line in _lines(strokes >= _CLEAR))
        pale = (strokes >= _FAINT) & (strokes < _CLEAR)
        faint += len(_lines(pale & (_local_range(grey) < _CLEAR)))
    return Overlays(text, faint, _is_framed(small))


def _strokes(grey: Levels) -> tuple[Levels, Levels]:
    """How much darker, and how much lighter, thin strokes are than what is around them."""
    soft = cv2.GaussianBlur(grey, (0, 0), 0.8)
    kernel = np.ones((_STROKE_PX, _STROKE_PX), np.uint8)
    dark = cv2.morphologyEx(soft, cv2.MORPH_BLACKHAT, kernel)
    light = cv2.morphologyEx(soft, cv2.MORPH_TOPHAT, kernel)
    return np.asarray(dark, np.uint8), np.asarray(light, np.uint8)


def _local_range(grey: Levels) -> Levels:
    kernel = np.ones((_STROKE_PX, _STROKE_PX), np.uint8)
    return np.asarray(cv2.morphologyEx(grey, cv2.MORPH_GRADIENT, kernel), np.uint8)


def _body(product: Levels, size: tuple[int, int]) -> NDArray[np.bool_]:
    """The product's largest piece, filled and with what lies close to it: words printed on it."""
    mask = (resample(product, size) > 127).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    if len(stats) < 2:
        return np.zeros((size[1], size[0]), bool)
    areas = stats[1:, cv2.CC_STAT_AREA]
    large = 1 + np.flatnonzero(areas >= 0.1 * areas.max())
    kept = np.isin(labels, large).astype(np.uint8)
    outlines, _ = cv2.findContours(kept, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    body = np.zeros_like(kept)
    cv2.drawContours(body, [cv2.convexHull(each) for each in outlines], -1, 1, cv2.FILLED)
    return np.asarray(body > 0)


def _lines(strokes: NDArray[np.bool_]) -> list[Stats]:
    """Rows of letters among the strokes: of each the letters' left, top, width, height, area."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(strokes.astype(np.uint8), connectivity=8)
    wide, tall, area = stats[1:, cv2.CC_STAT_WIDTH :].T
    full = area / np.maximum(wide * tall, 1)
    like = (tall >= _TALL[0]) & (tall <= _TALL[1]) & (wide <= 2.0 * tall) & (wide >= 0.08 * tall)
    like &= (full > 0.15) & ((full < 0.9) | (wide < 0.5 * tall))
    letters = stats[1:][like]
    if not _LETTERS <= len(letters) <= _MOST:
        return []
    return [line for line in _rows(letters) if _is_line(line)]


def _rows(letters: Stats) -> list[Stats]:
    """Letters joined with their neighbours to the right, of about their height, on their line."""
    letters = letters[np.argsort(letters[:, cv2.CC_STAT_LEFT], kind="stable")]
    left, top, wide, tall = (letters[:, column].astype(np.float32) for column in range(4))
    foot, right = top + tall, left + wide
    height = np.maximum(tall[:, None], tall[None, :])
    gap = left[None, :] - right[:, None]
    near = (gap > -0.2 * height) & (gap < 0.9 * height)
    alike = np.minimum(tall[:, None], tall[None, :]) > 0.6 * height
    level = np.minimum(
        np.abs(foot[:, None] - foot[None, :]), np.abs(top[:, None] - top[None, :])
    ) < np.maximum(1.5, 0.12 * height)
    linked = near & alike & level
    linked |= linked.T
    np.fill_diagonal(linked, val=True)
    owner = np.arange(len(letters))
    for _ in range(len(letters)):
        lowest = np.where(linked, owner[None, :], len(letters)).min(axis=1)
        if (lowest == owner).all():
            break
        owner = lowest
    return [letters[owner == each] for each in np.unique(owner)]


def _is_line(letters: Stats) -> bool:
    if len(letters) < _LETTERS:
        return False
    top, tall = letters[:, cv2.CC_STAT_TOP], letters[:, cv2.CC_STAT_HEIGHT]
    foot, high = top + tall, float(np.median(tall))
    slack = max(1.5, 0.12 * high)
    aligned = float((np.abs(foot - np.median(foot)) <= slack).mean())
    left, wide = letters[:, cv2.CC_STAT_LEFT], letters[:, cv2.CC_STAT_WIDTH]
    long = float((left + wide).max() - left.min())
    # Letters differ in width and are not all bars: a comb or a grille is no word.
    bars = float((wide < 0.3 * tall).mean())
    return aligned >= _ALIGNED and long > 2.5 * high and bars < 0.6


def _is_beside(letters: Stats, product: NDArray[np.bool_]) -> bool:
    """Whether most letters of a line lie outside the product."""
    left, top, wide, tall = (letters[:, column] for column in range(4))
    inside = product[top + tall // 2, left + wide // 2]
    return bool(inside.mean() < 0.5)


def _is_framed(small: Pixels) -> bool:
    """Whether the four sides have a line, or a band of one colour other than white, along them."""
    turned = (small, small[::-1], small.transpose(1, 0, 2), small.transpose(1, 0, 2)[::-1])
    band = max(3, round(_BAND * min(small.shape[:2])))
    return sum(_has_line(np.ascontiguousarray(side[: 2 * band]), band) for side in turned) >= 4


def _has_line(side: Pixels, band: int) -> bool:
    """Whether rows 0…band hold an edge that runs along the whole width and is straight, on its
    outer side of one colour: a line, or the end of a band that is not white.
    """
    rows = side.astype(np.int16)
    inner = rows[:, round(0.06 * rows.shape[1]) : -round(0.06 * rows.shape[1]) or None]
    steps = np.abs(np.diff(inner, axis=0)).max(axis=2) > 24
    along = steps[:band].mean(axis=1)
    edges = np.flatnonzero(along >= _ALONG)
    if not len(edges):
        return False
    first = int(edges[0])
    outer = inner[: first + 1].reshape(-1, 3)
    plain = bool((outer.std(axis=0) < 12).all())
    white = bool((np.median(outer, axis=0) >= 250).all())
    # White outside: only a thin line is a frame; what goes on inwards may be the product's edge.
    return plain and (not white or len(edges) >= 2)
