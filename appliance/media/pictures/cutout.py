"""Cutting the product out of its photo, without weights: made for plain backgrounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from appliance.core.picture import Picture
from appliance.media.pictures.border import Border, Flags, Floats, fit_border, resample, to_lab
from appliance.media.pictures.matting import matte, mixture
from appliance.media.pictures.silhouette import by_grabcut, on_plain

if TYPE_CHECKING:
    from appliance.core.picture import Mask, Pixels

_WORK_PX = 1024
_PLAIN_SHARE, _PLAIN_NOISE = 0.7, 5.0  # of the border explained; ΔE of its spread
_PEOPLE_AREA = 0.05  # of the picture, from which on it is a picture of people
_PEOPLE_SURE = 0.8  # of that area where the network is sure: on cups and plates it is not
_SHADOWLIKE = 0.6  # confidence left where product and shadow could not be told apart
_VISIBLE = 10.0  # ΔE across the outline that the eye cannot miss


@dataclass(frozen=True, eq=False)
class Cutout:
    """What was cut out.

    `alpha`: H×W float32 in 0…1, 1 = product. `colours`: H×W×3 uint8, the picture with the
    background's colour taken out of the edge. `confidence` 0…1 as `cut_out` says. `plain`: whether
    the background is. `touching`: share 0…1 of the picture's border that is product.
    `methods`: what found it, in order.
    """

    alpha: Mask
    colours: Pixels
    confidence: float
    plain: bool
    touching: float
    methods: tuple[str, ...]

    @property
    def found(self) -> bool:
        """Whether there is anything in it."""
        return bool((self.alpha > 0.5).any())


def cut_out(picture: Picture, *, person: Mask | None = None) -> Cutout:
    """Tell the product from the background and soften the edge at full size.

    A picture that brings its own transparency is cut out already. A plain background is learnt
    from the border; else GrabCut guesses. `person` (H×W float32 in 0…1) is merged in where people
    take a twentieth of the picture or more. The same picture gives the same cut-out.

    Confidence is the product of four measures: how well smooth surfaces explain the border (share
    explained and spread around them; where the background is not plain a third, or up to 0.8 as
    far as the people agree with the outline), how much of the outline can be seen (ΔE between the
    colours on both sides), how little of the picture's border is product, and whether the area is
    likely (below 0.5 % or above 85 % is not); times 0.6 if a product looks like its own shadow.
    """
    if picture.has_alpha and float((picture.pixels[..., 3] < 128).mean()) > 0.01:
        return _given(picture)
    scale = min(1.0, _WORK_PX / max(picture.width, picture.height))
    size = (max(8, round(picture.width * scale)), max(8, round(picture.height * scale)))
    colours = np.ascontiguousarray(picture.pixels[..., :3])
    small = resample(colours, size)
    lab = to_lab(small)
    border = fit_border(lab)
    plain = border.explained >= _PLAIN_SHARE and border.noise <= _PLAIN_NOISE
    people = _people(person, size)
    mask, sure, methods = _silhouette(small, lab, border, people, plain=plain)
    if not mask.any():
        nothing = np.zeros(colours.shape[:2], np.float32)
        return Cutout(nothing, colours, 0.0, plain, 0.0, methods)
    mask = matte(small, mask, edge_px=5.0)[0] > 0.5  # onto the outline, which the flood kept off
    alpha, clean = matte(colours, mask, edge_px=2.0)
    explained = _explained(mask, border, people, plain=plain)
    touching = _touching(mask)
    confidence = explained * _seen(small, mask) * (1 - touching) * _likely(mask)
    confidence = round(confidence if sure else _SHADOWLIKE * confidence, 3)
    return Cutout(alpha, clean, confidence, plain, touching, methods)


def _given(picture: Picture) -> Cutout:
    alpha = picture.pixels[..., 3].astype(np.float32) / np.float32(255)
    colours = np.ascontiguousarray(picture.pixels[..., :3])
    touching = _touching(alpha > 0.5)
    return Cutout(alpha, colours, 1.0, plain=True, touching=touching, methods=("transparency",))


def _people(person: Mask | None, size: tuple[int, int]) -> Floats | None:
    """The mask at working size, or None if it does not tell of a picture of people."""
    if person is None:
        return None
    likely, sure = float((person > 0.5).mean()), float((person > 0.9).mean())
    if likely < _PEOPLE_AREA or sure < _PEOPLE_SURE * likely:
        return None
    return resample(person, size)


def _silhouette(
    small: Pixels, lab: Floats, border: Border, people: Floats | None, *, plain: bool
) -> tuple[Flags, bool, tuple[str, ...]]:
    if plain:
        mask, sure = on_plain(lab, border)
        if people is None or not mask.any():
            return mask, sure, ("border",)
        return mask | (people > 0.8), sure, ("border", "people")
    far = np.linalg.norm(lab - border.colours(lab), axis=2)
    methods = ("grabcut",) if people is None else ("people", "grabcut")
    return by_grabcut(small, far, people), True, methods


def _explained(mask: Flags, border: Border, people: Floats | None, *, plain: bool) -> float:
    if plain:
        spread = _ramp(-border.noise, -_PLAIN_NOISE - 3, -2.0)
        return max(1 / 3, _ramp(border.explained, 0.5, 0.9) * spread)
    if people is None:
        return 1 / 3
    sure = people > 0.5
    return 0.8 * float((sure & mask).sum() / max(1, (sure | mask).sum()))


def _likely(mask: Flags) -> float:
    area = float(mask.mean())
    return min(1.0, area / 0.005, (1 - area) / 0.15)


def _ramp(value: float, low: float, high: float) -> float:
    return min(1.0, max(0.0, (value - low) / (high - low)))


def _seen(small: Pixels, mask: Flags) -> float:
    """How much of the outline shows: mean over it of the ΔE across, counted up to _VISIBLE."""
    product, ground = mixture(small, mask, edge_px=3.0)
    solid = mask.astype(np.uint8)
    edge = cv2.morphologyEx(solid, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
    sides = [to_lab(np.rint(each[edge])[:, None].astype(np.uint8)) for each in (product, ground)]
    across = np.linalg.norm(sides[0] - sides[1], axis=2)
    return float(np.minimum(across / _VISIBLE, 1).mean()) if edge.any() else 0.0


def _touching(mask: Flags) -> float:
    edges = (mask[0], mask[-1], mask[:, 0], mask[:, -1])
    return float(np.concatenate(edges).mean())
