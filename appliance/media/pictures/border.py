"""What colour the background of a picture has at each pixel, learnt from the picture's border.

The background is one smooth surface, or two or three (wall and table): each a polynomial of the
position per Lab channel, fitted so that a product which reaches the border does not count.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from appliance.core.picture import Pixels

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]
Kind = TypeVar("Kind", np.uint8, np.float32)

_RING = 0.025  # of the shorter side
_SAMPLES = 4000
_EXPLAINED = 6.0  # ΔE within which a border pixel belongs to a surface, noise apart
_ENOUGH = 0.88  # share of the border that one model has to explain to be taken before a richer one
_AROUND = np.ones((7, 7), np.uint8)
_LEAST_NOISE = 0.7  # ΔE; eight-bit rounding and JPEG give as much


@dataclass(frozen=True)
class Border:
    """A background model. `surfaces`: 3 channels × terms each. `noise`: robust spread of the
    border around it in ΔE. `explained`: share 0…1 of the border that it accounts for.
    """

    surfaces: tuple[Floats, ...]
    noise: float
    explained: float

    def colours(self, lab: Floats) -> Floats:
        """The background's Lab at each pixel, of the surface nearest to what is there (H×W×3)."""
        candidates = self._candidates(lab)
        if len(candidates) == 1:
            return candidates[0]
        nearest = _nearest(lab, candidates)
        return np.asarray(np.choose(nearest[..., None], candidates), np.float32)

    def seams(self, lab: Floats) -> Flags:
        """Where two surfaces meet, such as wall and table: outlines of no product (H×W bool)."""
        candidates = self._candidates(lab)
        met = np.zeros(lab.shape[:2], bool)
        near = [np.linalg.norm(lab - each, axis=2) < 2.5 * self.noise + 1 for each in candidates]
        around = [cv2.dilate(each.astype(np.uint8), _AROUND) > 0 for each in near]
        for one, other in combinations(range(len(candidates)), 2):
            between = _off_line(lab, candidates[one], candidates[other]) < 2.5 * self.noise + 1
            met |= around[one] & around[other] & between
        return met

    def _candidates(self, lab: Floats) -> list[Floats]:
        terms = _terms(*_grid(lab.shape[0], lab.shape[1]))
        return [_evaluate(surface, terms) for surface in self.surfaces]


def to_lab(pixels: Pixels) -> Floats:
    """SRGB pixels as CIE Lab: H×W×3 uint8 → H×W×3 float32, L 0…100."""
    scaled = pixels[..., :3].astype(np.float32) / 255
    return np.asarray(cv2.cvtColor(scaled, cv2.COLOR_RGB2Lab), np.float32)


def _off_line(lab: Floats, one: Floats, other: Floats) -> Floats:
    """How far each colour is from being a mixture of two, ΔE."""
    way = other - one
    length = np.maximum((way * way).sum(axis=2), 1e-3)
    share = np.clip(((lab - one) * way).sum(axis=2) / length, 0, 1)
    return np.asarray(np.linalg.norm(lab - one - share[..., None] * way, axis=2), np.float32)


def _nearest(lab: Floats, candidates: list[Floats]) -> NDArray[np.intp]:
    far = np.stack([np.linalg.norm(lab - each, axis=2) for each in candidates])
    return np.asarray(far.argmin(axis=0))


def resample(values: NDArray[Kind], size: tuple[int, int]) -> NDArray[Kind]:
    """An array of pixels at `size` (width, height), by area where it shrinks."""
    if (values.shape[1], values.shape[0]) == size:
        return values
    shrinks = size[0] < values.shape[1]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(values, size, interpolation=how), values.dtype)


def fit_border(lab: Floats) -> Border:
    """The background model of a picture, from a ring along its edges. H×W×3 float32 Lab."""
    colours, x, y = _ring(lab)
    best = _one_surface(colours, x, y)
    for count in (2, 3):
        if best.explained >= _ENOUGH:
            break
        richer = _several_surfaces(colours, x, y, count)
        if richer is not None and richer.explained > best.explained + 0.1:
            best = richer
    return best


def _ring(lab: Floats) -> tuple[Floats, Floats, Floats]:
    height, width = lab.shape[:2]
    wide = max(2, round(min(height, width) * _RING))
    inside = np.ones((height, width), bool)
    inside[wide:-wide, wide:-wide] = False
    places = np.flatnonzero(inside)
    places = places[:: max(1, len(places) // _SAMPLES)]
    x, y = _grid(height, width)
    rows, columns = np.divmod(places, width)
    return lab[rows, columns], x[0, columns], y[rows, 0]


def _grid(height: int, width: int) -> tuple[Floats, Floats]:
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    return x, y


def _terms(x: Floats, y: Floats, order: int = 2) -> list[Floats]:
    one = np.ones_like(x)
    return [one, x, y, x * x, x * y, y * y][: (1, 3, 6)[order]]


def _evaluate(surface: Floats, terms: list[Floats]) -> Floats:
    channels = []
    for weights in surface:
        told = sum((w * term for w, term in zip(weights, terms, strict=False)), np.float32(0))
        channels.append(told)
    return np.stack(np.broadcast_arrays(*channels, terms[1] + terms[2])[:3], axis=-1)


def _fit(colours: Floats, x: Floats, y: Floats, order: int) -> tuple[Floats, Floats]:
    """(weights 3×terms, residual per sample in ΔE) by least squares that forget outliers."""
    terms = np.stack(_terms(x, y, order), axis=1)
    trust = np.ones(len(colours), np.float32)
    told = np.broadcast_to(np.median(colours, axis=0), colours.shape)
    weights = np.zeros((terms.shape[1], 3), np.float32)
    for _ in range(8):
        far = np.linalg.norm(colours - told, axis=1)
        scale = max(_LEAST_NOISE, 1.4826 * float(np.median(far)))
        trust = np.clip(1 - (far / (4 * scale)) ** 2, 0, 1) ** 2  # Tukey's biweight
        root = np.sqrt(trust)[:, None]
        weights = np.linalg.lstsq(terms * root, colours * root, rcond=None)[0]
        told = terms @ weights
    return weights.T.astype(np.float32), np.linalg.norm(colours - told, axis=1)


def _one_surface(colours: Floats, x: Floats, y: Floats) -> Border:
    weights, far = _fit(colours, x, y, 2)
    return _judged((weights,), far)


def _judged(surfaces: tuple[Floats, ...], far: Floats) -> Border:
    near = far[far < max(_EXPLAINED, 2.5 * float(np.median(far)))]
    noise = max(_LEAST_NOISE, 1.4826 * float(np.median(near)) / 1.54)  # the norm of 3 channels
    return Border(surfaces, noise, float((far < _EXPLAINED).mean()))


def _several_surfaces(colours: Floats, x: Floats, y: Floats, count: int) -> Border | None:
    """A model of `count` surfaces, each owning two corners or more; None if that does not hold.

    What owns no two corners is more likely a product that reaches the border than a background.
    """
    cv2.setRNGSeed(1)
    rule = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 30, 0.1)
    flags = cv2.KMEANS_PP_CENTERS
    empty = np.empty((len(colours), 1), np.int32)
    _, labels, _ = cv2.kmeans(np.ascontiguousarray(colours), count, empty, rule, 3, flags)
    owner = labels[:, 0]
    for _ in range(4):
        fits = [_fit(colours[owner == k], x[owner == k], y[owner == k], 1) for k in range(count)]
        terms = np.stack(_terms(x, y, 1), axis=1)
        far = np.stack([np.linalg.norm(colours - terms @ w.T, axis=1) for w, _ in fits])
        owner = far.argmin(axis=0)
        if min(np.bincount(owner, minlength=count)) < 20:
            return None
    corner = (np.abs(x) > 0.93) & (np.abs(y) > 0.93)
    kept = [k for k in range(count) if _corners(x, y, corner & (owner == k)) >= 2]
    if not kept:
        return None
    return _judged(tuple(fits[k][0] for k in kept), far[kept].min(axis=0))


def _corners(x: Floats, y: Floats, chosen: NDArray[np.bool_]) -> int:
    return len({(bool(a > 0), bool(b > 0)) for a, b in zip(x[chosen], y[chosen], strict=True)})
