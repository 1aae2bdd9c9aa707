"""Shadows and mirror images of a product on the ground it stands on."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from appliance.media.pictures.border import Flags, resample
from appliance.media.sets.noise import Floats
from appliance.media.sets.stage import Stage

_WORK_PX = 640  # shadows are soft: they are made small and enlarged
_SLICES = 31  # through the product's depth
_DEEP = 0.8  # how deep a product counts as: this share of its width, row by row
_DEEPEST = 0.42  # of the larger of its sides
_LONGEST = 2.2  # times the product's height: the shadow of a light any lower goes no farther
_SOFTEST = 0.16  # of the distance from what throws it: blur of a shadow's far end
_MIRRORED = 0.55  # of the product's height: a mirror image has faded out by there
_LIFT = 0.05  # of the product's height: what hangs higher above the ground hardly touches it


@dataclass(frozen=True)
class Cast:
    """How a shadow is. `kind`: contact, cast or reflection. `opacity` 0…1 at its darkest.
    `softness` 0 sharp … 1 as of a large soft light.
    """

    kind: str = "cast"
    opacity: float = 0.6
    softness: float = 0.5


def shadow(alpha: Floats, stage: Stage, cast: Cast) -> Floats:
    """How dark the ground is for the product's shadow: H×W float32, 0 none … `opacity`.

    `alpha`: H×W float32 of the stage's size, the product in place. A cast shadow has its contact
    with it. It falls away from the light, is as long as the light is low, and grows softer with
    the distance from what throws it. Raises ValueError for a kind that is none of contact, cast.
    """
    if cast.kind not in ("contact", "cast"):
        raise ValueError(f"{cast.kind!r} is none of contact, cast")
    if cast.opacity <= 0 or not (alpha > 0.5).any():
        return np.zeros(alpha.shape, np.float32)
    scale = min(1.0, _WORK_PX / stage.side)
    small = stage.scaled(max(2, round(stage.width * scale)), max(2, round(stage.height * scale)))
    shape = resample(alpha, (small.width, small.height))
    dark = contact(shape, small, cast.softness)
    if cast.kind == "cast":
        dark = 1 - (1 - dark) * (1 - thrown(shape, small, cast.softness))
    dark *= np.float32(cast.opacity)
    return np.clip(resample(np.ascontiguousarray(dark), (stage.width, stage.height)), 0, 1)


def contact(alpha: Floats, stage: Stage, softness: float) -> Floats:
    """Where the product keeps the light off the ground it touches: H×W float32, 0…1."""
    touch = _touching(alpha, stage)
    near = 0.45 + 1.1 * softness
    line = _soft(touch, near * 0.016 * stage.wide, near * max(0.010 * stage.tall, 0.6))
    halo = _soft(touch, near * 0.09 * stage.wide, near * (0.02 + 0.11 * stage.lean) * stage.tall)
    return np.asarray(np.maximum(line, 0.62 * halo), np.float32)


def thrown(alpha: Floats, stage: Stage, softness: float) -> Floats:
    """The shadow that falls on the ground, before `opacity`: H×W float32, 0…1.

    The product counts as a body as deep as it is wide, cut into slices along the depth; each
    throws its shadow on the ground, which the camera sees foreshortened by the stage's lean.
    """
    height = stage.tall
    right, up, front = stage.light.towards
    reach = np.hypot(right, front) / max(up, 1e-3)
    reach = min(reach, _LONGEST) / max(np.hypot(right, front), 1e-6)
    aside, back = -right * reach, front * reach  # px on the ground for each px of height
    deep = _depth(alpha)
    most = np.zeros_like(alpha)
    if stage.above:
        return _dropped(alpha, stage, softness)
    for share in np.linspace(-1, 1, _SLICES, dtype=np.float32):
        body = (deep > 0) & (deep >= 1 - np.sqrt(np.maximum(1 - share * share, 0)))
        away = share * _DEEP * 0.5 * min(stage.wide, _DEEPEST * max(stage.wide, stage.tall) * 2)
        foot = stage.base - stage.lean * (away + 0.5 * _DEEP * _thick(stage)) * 0.8
        # A place (x, base − h) of the slice shades (x + aside·h, foot − lean·back·h).
        move = np.array(
            [
                [1, -aside, aside * stage.base],
                [0, stage.lean * back, foot - stage.lean * back * stage.base],
            ],
            np.float32,
        )
        most = np.maximum(most, _warped(body & (alpha > 0.5), move))
    return _spread(most, stage, softness, max(reach * height, 1.0))


def reflection(
    colours: Floats, alpha: Floats, stage: Stage, softness: float
) -> tuple[Floats, Floats]:
    """(colours, share): the product upside down in a shining ground, and how much is seen of it.

    Shapes: H×W×3 and H×W float32 → the same. Each column is mirrored at its own lowest place; the
    image fades and blurs with the distance from there.
    """
    low = _lowest(alpha, stage)
    sigma = max(0.5, (0.002 + 0.014 * softness) * stage.side)
    part = _below(stage, math.ceil(4 * sigma))
    rows, columns = stage.rows()[part[0]], stage.columns()[:, part[1]]
    below = rows - low[None, part[1]]
    x = np.ascontiguousarray(np.broadcast_to(columns, below.shape), np.float32)
    y = np.asarray(low[None, part[1]] - below, np.float32)
    turned = cv2.remap(colours, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    share = cv2.remap(alpha, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    fade = np.clip(1 - below / (_MIRRORED * stage.tall), 0, 1) ** 1.7
    share = share * np.where(below > 0, fade, 0).astype(np.float32)
    blurred = cv2.GaussianBlur(turned * share[..., None], (0, 0), sigma)
    soft = cv2.GaussianBlur(share, (0, 0), sigma)
    image, seen = np.zeros_like(colours), np.zeros_like(alpha)
    image[part] = blurred / np.maximum(soft, 1e-4)[..., None]
    seen[part] = np.where(below > -2, soft, 0)
    return image, seen


def _below(stage: Stage, around: int) -> tuple[slice, slice]:
    """Where a mirror image can be, with `around` px more: rows and columns."""
    first = int(stage.base - 0.45 * stage.tall) - around
    last = math.ceil(stage.base + _MIRRORED * stage.tall) + around
    left, right = int(stage.left) - around, math.ceil(stage.left + stage.wide) + around
    return (
        slice(max(0, first), max(0, min(stage.height, last))),
        slice(max(0, left), max(0, min(stage.width, right))),
    )


def _dropped(alpha: Floats, stage: Stage, softness: float) -> Floats:
    """Seen from above: the outline, moved away from the light by what lies above the ground."""
    right, up, front = stage.light.towards
    lift = 0.16 * min(stage.wide, stage.tall)
    reach = lift * min(1 / max(up, 1e-3), _LONGEST)
    most = np.zeros_like(alpha)
    for share in np.linspace(0, 1, _SLICES):
        move = np.array([[1, 0, -right * reach * share], [0, 1, front * reach * share]], np.float32)
        most = np.maximum(most, _warped(alpha > 0.5, move))
    sigma = max(0.6, (0.1 + 0.5 * softness) * reach * 0.5)
    return np.asarray(cv2.GaussianBlur(most, (0, 0), sigma), np.float32)


def _thick(stage: Stage) -> float:
    return min(stage.wide, _DEEPEST * max(stage.wide, stage.tall) * 2)


def _depth(alpha: Floats) -> Floats:
    """How far inside its row each place of the product is: 0 at the ends … 1 in the middle."""
    solid = alpha > 0.5
    width = alpha.shape[1]
    place = np.arange(width, dtype=np.float32)[None, :]
    gap = np.where(~solid, place, -1)
    last = np.maximum.accumulate(gap, axis=1)
    gap = np.where(~solid, place, 2 * width)
    following = np.minimum.accumulate(gap[:, ::-1], axis=1)[:, ::-1]
    near = np.minimum(place - last, following - place)
    half = np.maximum((following - last) / 2, 1)
    return np.asarray(np.where(solid, np.clip(near / half, 0, 1), 0), np.float32)


def _warped(body: Flags, move: Floats) -> Floats:
    size = (body.shape[1], body.shape[0])
    if abs(np.linalg.det(move[:, :2])) < 0.02:
        # Light from the side folds the slice onto a line: give that line the body's own thickness.
        sign = 1.0 if move[1, 1] >= 0 else -1.0
        change = sign * 0.02 - move[1, 1]
        base = -move[0, 2] / move[0, 1] if abs(move[0, 1]) > 1e-6 else 0.0
        move = move.copy()
        move[1, 1] += change
        move[1, 2] -= change * base
    warped = cv2.warpAffine(body.astype(np.float32), move, size, flags=cv2.INTER_AREA)
    return np.asarray(warped, np.float32)


def _spread(dark: Floats, stage: Stage, softness: float, length: float) -> Floats:
    """The shadow blurred the more, the farther a place is from the product's foot."""
    away = (stage.rows() - stage.base) / max(stage.lean, 0.08)
    aside = np.maximum(np.abs(stage.columns() - stage.middle) - 0.5 * stage.wide, 0)
    far = np.clip(np.hypot(away, aside) / length, 0, 1)
    most = (0.15 + softness) * _SOFTEST * min(length, 1.4 * stage.tall) + 0.8
    sigmas = [0.6 + (most - 0.6) * share for share in (0.04, 0.25, 0.6, 1.0)]
    steps = np.linspace(0, 1, len(sigmas))
    soft = np.zeros_like(dark)
    for step, sigma in zip(steps, sigmas, strict=True):
        share = np.clip(1 - np.abs(far - step) * (len(sigmas) - 1), 0, 1)
        # Across the ground as the camera sees it: foreshortened.
        down = max(0.6, sigma * max(stage.lean, 0.25))
        soft += share * cv2.GaussianBlur(dark, (0, 0), sigmaX=max(0.6, sigma), sigmaY=down)
    return np.asarray(soft * (1 - 0.45 * far), np.float32)


def _touching(alpha: Floats, stage: Stage) -> Floats:
    """Where the outline's lower edge is on the ground or nearly: 1 on it, less above it."""
    height = alpha.shape[0]
    solid = alpha > 0.5
    columns = np.flatnonzero(solid.any(axis=0))
    lowest = height - 1 - solid[::-1, columns].argmax(axis=0)
    lifted = stage.base - lowest
    allowed = max(1.0, (_LIFT + 0.12 * stage.lean) * stage.tall)
    weight = np.exp(-((lifted / allowed) ** 2)).astype(np.float32)
    touch = np.zeros_like(alpha)
    thick = max(1, round(0.006 * stage.tall))
    for row in range(-thick, thick + 1):
        touch[np.clip(lowest + row, 0, height - 1), columns] = weight
    return touch


def _lowest(alpha: Floats, stage: Stage) -> Floats:
    """The row of the outline's lower edge, by column, smooth; the base where there is none."""
    solid = alpha > 0.5
    found = alpha.shape[0] - solid[::-1].argmax(axis=0)
    most = (_LIFT + 0.3 * stage.lean) * stage.tall
    low = np.where(solid.any(axis=0), np.maximum(found, stage.base - most), stage.base)
    return np.asarray(cv2.blur(low.astype(np.float32)[None], (9, 1))[0], np.float32)


def _soft(touch: Floats, across: float, down: float) -> Floats:
    """Blurred, with 1 again at its peak."""
    blurred = cv2.GaussianBlur(touch, (0, 0), sigmaX=max(0.5, across), sigmaY=max(0.5, down))
    return np.asarray(blurred / max(float(blurred.max()), 1e-6), np.float32)
