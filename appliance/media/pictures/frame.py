"""Putting a cut-out product into a frame: centred, scaled, on a background, with a shadow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image

from appliance.core.picture import Picture
from appliance.media.pictures.cutout import Cutout
from appliance.media.pictures.matte import blend, read_colour
from appliance.media.pictures.shadow import shadow

if TYPE_CHECKING:
    from appliance.core.picture import Pixels

_SEEN = 0.1  # alpha from which on a pixel counts as part of the product's box


@dataclass(frozen=True)
class Framing:
    """How to frame. `width`, `height` px; `margin` 0…0.45 of the shorter side, at each edge;
    `background` #RRGGBB, transparent or keep (the photo's own); `shadow` none, contact or drop.
    """

    width: int
    height: int
    margin: float
    background: str = "#FFFFFF"
    shadow: str = "none"


@dataclass(frozen=True)
class Box:
    """A rectangle of pixels."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, eq=False)
class Framed:
    """The framed picture; the product's `box` in it; `fill`: the larger share, of width or height,
    that it takes of what the margins leave; `scale`: how many times it was enlarged.
    """

    picture: Picture
    box: Box
    fill: float
    scale: float


def frame(picture: Picture, cutout: Cutout, framing: Framing) -> Framed:
    """The product as large as the margins allow, in the middle of the frame.

    The background `keep` moves and scales the photo with the product, carries its border on where
    the photo ends, and adds no shadow. Raises ValueError for an empty cut-out.
    """
    there = bounds(cutout)
    margin = round(framing.margin * min(framing.width, framing.height))
    inner = (framing.width - 2 * margin, framing.height - 2 * margin)
    scale = min(inner[0] / there.width, inner[1] / there.height)
    wide, tall = max(1, round(there.width * scale)), max(1, round(there.height * scale))
    box = Box((framing.width - wide) // 2, (framing.height - tall) // 2, wide, tall)
    if framing.background == "keep":
        pixels = _kept(picture, there, box, framing)
    else:
        pixels = _composed(_scaled(cutout, there, box), box, framing)
    fill = max(wide / inner[0], tall / inner[1])
    return Framed(Picture(pixels), box, round(min(fill, 1.0), 4), scale)


def bounds(cutout: Cutout) -> Box:
    """The product's box in its photo. Raises ValueError for an empty cut-out."""
    left, top, width, height = cv2.boundingRect((cutout.alpha > _SEEN).astype(np.uint8))
    if not width:
        raise ValueError("there is nothing in the cut-out")
    return Box(left, top, width, height)


def _scaled(cutout: Cutout, there: Box, box: Box) -> Pixels:
    rows = slice(there.top, there.top + there.height)
    columns = slice(there.left, there.left + there.width)
    alpha = np.rint(cutout.alpha[rows, columns] * 255).astype(np.uint8)
    layer = Image.fromarray(np.dstack([cutout.colours[rows, columns], alpha]))
    size = (box.width, box.height)
    return np.asarray(layer.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0))


def _composed(layer: Pixels, box: Box, framing: Framing) -> Pixels:
    rows, columns = slice(box.top, box.top + box.height), slice(box.left, box.left + box.width)
    dark = _darkness(layer, rows, columns, framing)
    if framing.background == "transparent":
        return _on_nothing(layer, dark, rows, columns)
    ground = np.empty((framing.height, framing.width, 3), np.uint8)
    ground[:] = read_colour(framing.background)[:3]
    if framing.shadow != "none":
        ground = blend(np.zeros_like(ground), ground, dark)
    product, alpha = np.ascontiguousarray(layer[..., :3]), layer[..., 3]
    ground[rows, columns] = blend(product, ground[rows, columns], alpha)
    return ground


def _darkness(layer: Pixels, rows: slice, columns: slice, framing: Framing) -> Pixels:
    """The shadow's alpha in the whole frame: H×W uint8."""
    size = (framing.height, framing.width)
    if framing.shadow == "none":
        return np.zeros(size, np.uint8)
    placed = np.zeros(size, np.float32)
    placed[rows, columns] = layer[..., 3] / np.float32(255)
    return np.rint(shadow(framing.shadow, placed) * 255).astype(np.uint8)


def _on_nothing(layer: Pixels, dark: Pixels, rows: slice, columns: slice) -> Pixels:
    """The product over its shadow over transparency: straight alpha, the shadow black."""
    done = np.zeros((*dark.shape, 4), np.uint8)
    done[..., 3] = dark
    product = layer[..., 3].astype(np.float32) / 255
    both = product + (1 - product) * (dark[rows, columns].astype(np.float32) / 255)
    share = product / np.maximum(both, 1e-6)
    done[rows, columns, :3] = np.rint(layer[..., :3] * share[..., None])
    done[rows, columns, 3] = np.rint(both * 255)
    return done


def _kept(picture: Picture, there: Box, box: Box, framing: Framing) -> Pixels:
    """The photo itself, moved and scaled so that the product comes to lie in `box`."""
    across, down = there.width / box.width, there.height / box.height
    left, right = _reach(there.left, box.left, across, picture.width, framing.width)
    top, bottom = _reach(there.top, box.top, down, picture.height, framing.height)
    part = (
        max(0.0, there.left + (left - box.left) * across),
        max(0.0, there.top + (top - box.top) * down),
        min(float(picture.width), there.left + (right - box.left) * across),
        min(float(picture.height), there.top + (bottom - box.top) * down),
    )
    size = (right - left, bottom - top)
    photo = Image.fromarray(picture.pixels).resize(size, Image.Resampling.LANCZOS, box=part)
    edges = (top, framing.height - bottom, left, framing.width - right)
    return _carried_on(np.asarray(photo), edges)


def _reach(start: int, placed: int, per_px: float, extent: int, whole: int) -> tuple[int, int]:
    """From where to where in the frame the photo reaches along one side, whole pixels."""
    low = placed - start / per_px
    high = placed + (extent - start) / per_px
    return max(0, int(np.ceil(low - 1e-6))), min(whole, int(np.floor(high + 1e-6)))


def _carried_on(photo: Pixels, edges: tuple[int, int, int, int]) -> Pixels:
    if not any(edges):
        return np.ascontiguousarray(photo)
    top, bottom, left, right = edges
    done = np.asarray(cv2.copyMakeBorder(photo, top, bottom, left, right, cv2.BORDER_REPLICATE))
    soft = cv2.blur(done, (9, 9), borderType=cv2.BORDER_REPLICATE)  # no streaks of single pixels
    inside = np.zeros(done.shape[:2], np.uint8)
    inside[top : top + photo.shape[0], left : left + photo.shape[1]] = 1
    return np.ascontiguousarray(np.where(inside[..., None] > 0, done, soft).astype(np.uint8))
