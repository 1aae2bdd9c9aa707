"""Which pixels of a small picture are the product, by what the border says of the background."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from appliance.media.pictures.border import Border, Flags, Floats, resample

if TYPE_CHECKING:
    from appliance.core.picture import Pixels

_LEAKS_PX = (2, 4, 6)  # gaps in a product's outline up to twice this are not flooded through
_STANDS = 0.4  # of what stands out at all, from which on the rest can be its shadow
_OWN_HUE = 0.5  # of a product with another hue than the background, whose shadow may be larger
_AROUND_PX = 15
_LEVELS = 16  # of a ΔE, for a median filter that takes bytes
_OUTLINE = 0.45  # of the background's noise: what an outline is steeper than its surroundings
_STEEPEST = 3.0  # ΔE a pixel that a shadow changes at most
_HOLE_AREA = 2e-4  # of the picture
_BELOW_PX = 8  # within which a gap in shadow ends at the ground
_SPECK = 0.01  # of the largest piece
_LEAST = 2e-4  # of the picture
_CONTACT_SHARE, _FOOT_SHARE = 0.03, 0.2  # of the product's height: shadow line, foot
_GREY_FOOT = 0.15  # share of the foot that may look like shadow
_GRABCUT_PX = 480


def on_plain(lab: Floats, border: Border) -> tuple[Flags, bool]:
    """(mask, sure): the product on a plain background, what a flood from the edge does not reach.

    The flood runs through what has the background's colour, and through its shades: pixels of the
    background's hue, darker or lighter, without an outline. Where that leaves too little of what
    stands out, the product itself looks like a shadow (grey on white): wider gaps in its outline
    are closed, and if that does not help its shadows stay on. Then the mask is not sure.
    Shapes: H×W×3 float32 Lab → H×W bool. At most some 1000 px a side.
    """
    ground = border.colours(lab)
    far = np.linalg.norm(cv2.GaussianBlur(lab, (0, 0), 0.9) - ground, axis=2)
    near = max(3.0, 2.5 * border.noise)
    seams = border.seams(lab)
    plain = (far < near) | seams
    smooth = _smooth(lab, border.noise) | seams
    shaded = plain | _shaded(lab, ground)
    with_shadow = _without_specks(~_flood(plain & smooth, plain, _LEAKS_PX[0]))
    for leak in _LEAKS_PX:
        product = _without_specks(~_flood(shaded & smooth, plain, leak))
        if _stands(product, with_shadow, shaded):
            break
    else:
        return with_shadow, False
    _open_holes(product, shaded & smooth, np.where(plain, far, np.nan), 0.6 * near)
    _open_shadowed_gaps(product, shaded & smooth & (lab[..., 0] < ground[..., 0]), shaded)
    _lift_off_shadow(product, shaded)
    return _without_specks(product), leak == _LEAKS_PX[0]


def _stands(product: Flags, with_shadow: Flags, shaded: Flags) -> bool:
    """Whether what is left without shadows can be the whole product."""
    if product.sum() >= _STANDS * with_shadow.sum():
        return True
    return bool(product.any() and float(shaded[product].mean()) < 1 - _OWN_HUE)


def _shaded(lab: Floats, ground: Floats) -> Flags:
    """Darker or somewhat lighter than the background, by the same factor in red, green, blue."""
    seen, expected = (
        cv2.GaussianBlur(cv2.cvtColor(each, cv2.COLOR_Lab2RGB), (0, 0), 0.9)
        for each in (lab, ground)
    )
    ratio = np.log((seen + 0.03) / (expected + 0.03))
    mean = ratio.mean(axis=2)
    spread = ratio.max(axis=2) - ratio.min(axis=2)
    return np.asarray((mean > -1.2) & (mean < 0.25) & (spread < 0.06 + 0.15 * np.abs(mean)))


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


def _flood(passable: Flags, source: Flags, leak: int) -> Flags:
    """What is reached from `source` pixels at the picture's edge through `passable` ones, but not
    through passages of twice `leak` px or less.
    """
    # Beyond the edge all is background, so that a product touching it keeps no sealed corners.
    wide = np.pad(passable, leak, mode="edge").astype(np.uint8)
    safe = cv2.erode(wide, _disk(leak))[leak:-leak, leak:-leak]
    _, labels = cv2.connectedComponents(safe, connectivity=4)
    edge = np.ones(passable.shape, bool)
    edge[1:-1, 1:-1] = False
    seeds = np.unique(labels[edge & source & (safe > 0)])
    reached = np.isin(labels, seeds[seeds > 0])
    for _ in range(2 * leak):  # back to where the passable part ends
        reached = (cv2.dilate(reached.astype(np.uint8), _disk(1)) > 0) & passable
    return np.asarray(reached)


def _open_holes(product: Flags, passable: Flags, far: Floats, close: float) -> None:
    """Take out of `product` what the flood would have gone through had it got there.

    `far`: ΔE from the background, NaN where there is at most a shadow of it. A hole has the very
    colour of the background on a third of its area; a label is rarely so exact.
    """
    enclosed = (product & passable).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(enclosed, connectivity=4)
    flat, sure = labels.ravel(), ~np.isnan(far.ravel())
    exact = np.bincount(flat[sure], minlength=count)
    sums = np.bincount(flat[sure], weights=far.ravel()[sure], minlength=count)
    areas = stats[:, cv2.CC_STAT_AREA]
    told = (areas > _HOLE_AREA * product.size) & (exact > areas / 3) & (sums < close * exact)
    told[0] = False
    product[told[labels]] = False


def _open_shadowed_gaps(product: Flags, passable: Flags, shaded: Flags) -> None:
    """Take out of `product` ground in shadow that its parts enclose, as between a chair's legs.

    `passable`: what may be ground in shadow, `shaded`: what may be lighter too. Such a gap ends
    downwards at the ground, not at the product; and what is left of the product has a hue of its
    own, or else its faces would be gaps.
    """
    enclosed = (product & passable).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(enclosed, connectivity=4)
    outside = (~product).astype(np.uint8)
    reach = np.zeros((2 * _BELOW_PX + 1, 1), np.uint8)
    reach[_BELOW_PX:] = 1  # of what lies below, up to so far
    grounded = cv2.dilate(outside, reach) > 0
    lowest = enclosed > 0
    lowest[:-1] &= enclosed[1:] == 0
    flat = labels[lowest]
    ends = np.bincount(flat, minlength=count)
    on_ground = np.bincount(flat, weights=grounded[lowest], minlength=count)
    gaps = (stats[:, cv2.CC_STAT_AREA] > _HOLE_AREA * product.size) & (on_ground > 0.5 * ends)
    gaps[0] = False
    open_ = gaps[labels]
    rest = product & ~open_
    if rest.sum() > 0.5 * product.sum() and float(shaded[rest].mean()) < _OWN_HUE:
        product[open_] = False


def _lift_off_shadow(product: Flags, shaded: Flags) -> None:
    """Take the darkest line of a shadow, which is steep like an outline, from under the product.

    Only where the product stands, and only if its foot has another hue than the background.
    """
    rows = np.flatnonzero(product.any(axis=1))
    if not len(rows):
        return
    tall = int(rows[-1] - rows[0]) + 1
    deep = max(2, round(_CONTACT_SHARE * tall))
    foot = product.copy()
    foot[: rows[-1] - round(_FOOT_SHARE * tall)] = False
    core = cv2.erode(foot.astype(np.uint8), _disk(deep)) > 0
    if not core.any() or float(shaded[core].mean()) > _GREY_FOOT:
        return
    for _ in range(deep):
        ground = np.zeros_like(product)
        ground[:-1] = ~product[1:]  # what lies one row further down
        product[foot & shaded & (ground | np.roll(ground, 1, 1) | np.roll(ground, -1, 1))] = False


def _without_specks(product: Flags) -> Flags:
    opened = cv2.morphologyEx(product.astype(np.uint8), cv2.MORPH_OPEN, _disk(1))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(opened, connectivity=8)
    areas = stats[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0
    return np.asarray((areas >= max(_SPECK * areas.max(), _LEAST * product.size))[labels])


def by_grabcut(pixels: Pixels, far: Floats, person: Floats | None) -> Flags:
    """The most likely product where the background is not plain: GrabCut at reduced size.

    It starts from people where `person` (H×W float32 0…1) is given, else from what differs from
    the border and lies inwards. Holes are filled. Deterministic.
    Shapes: H×W×3 uint8, H×W float32 → H×W bool.
    """
    height, width = far.shape
    scale = min(1.0, _GRABCUT_PX / max(height, width))
    size = (max(8, round(width * scale)), max(8, round(height * scale)))
    small = resample(pixels, size)
    guess = _guess(resample(far, size)) if person is None else _guess_person(resample(person, size))
    if not (guess % 2).any() or (guess % 2).all():  # OpenCV wants some of both
        return np.zeros((height, width), bool)
    cv2.setRNGSeed(1)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(small, guess, (0, 0, 1, 1), *models, 4, cv2.GC_INIT_WITH_MASK)
    found = resample((guess % 2).astype(np.float32), (width, height))
    product = _without_specks(cv2.GaussianBlur(found, (0, 0), 1.5) > 0.5)
    return product | ~_flood(~product, ~product, _LEAKS_PX[0])


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
