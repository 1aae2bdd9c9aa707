"""A product under another light, with another shadow, on its photo's background or another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from appliance.core.picture import Picture
from appliance.media.pictures.border import resample
from appliance.media.pictures.cutout import Cutout
from appliance.media.pictures.frame import Box
from appliance.media.pictures.matte import blend, read_colour
from appliance.media.sets.lighting import relit
from appliance.media.sets.noise import Floats, to_levels, to_linear
from appliance.media.sets.shadows import Cast, reflection, shadow
from appliance.media.sets.stage import Light, Stage, stage_of

if TYPE_CHECKING:
    from appliance.core.picture import Pixels

_SURVEY_PX = 320
_SEEN = 0.01  # darkness from which a shadow is seen
_MOST_GROWTH = 0.5  # of the picture's side, at each edge
_MIRRORS = 0.7  # of the opacity asked for: no ground mirrors all of it


@dataclass(frozen=True)
class Relighting:
    """What is wanted. `colour`: the shadow's, #RRGGBB. `background`: keep, transparent, #RRGGBB."""

    light: Light
    cast: Cast
    colour: str = "#000000"
    background: str = "keep"


@dataclass(frozen=True, eq=False)
class Relit:
    """The picture; where the photo lies in it (`photo`); the share 0…1 of the shadow that falls
    outside it.
    """

    picture: Picture
    photo: Box
    lost: float


def relight(picture: Picture, cutout: Cutout, wish: Relighting) -> Relit:
    """The product relit, with its shadow.

    On the photo's own background the canvas stays, the background is not relit, and at opacity 0
    it is bit for bit what it was; so is the product at intensity 0. On a colour or on nothing the
    canvas grows to hold the shadow, at most by half a side at each edge. Raises ValueError for an
    empty cut-out.
    """
    stage = stage_of(cutout.alpha, wish.light)
    colours = relit_colours(cutout, wish.light)
    edges, lost = _survey(cutout.alpha, stage, wish.cast)
    if wish.background == "keep":
        pixels = _kept(picture, cutout, colours, wish, stage)
        return Relit(Picture(pixels), Box(0, 0, picture.width, picture.height), lost)
    pixels = _grown(cutout.alpha, colours, wish, stage, edges)
    left, top = edges[2], edges[0]
    return Relit(Picture(pixels), Box(left, top, picture.width, picture.height), 0.0)


def relit_colours(cutout: Cutout, light: Light) -> Pixels:
    """The cut-out's colours under the light as well: H×W×3 uint8; at intensity 0 its own."""
    if light.intensity <= 0:
        return cutout.colours
    height, width = cutout.alpha.shape
    left, top, wide, tall = cv2.boundingRect((cutout.alpha > 0).astype(np.uint8))
    around = max(4, round(0.02 * max(wide, tall)))
    rows = slice(max(0, top - around), min(height, top + tall + around))
    columns = slice(max(0, left - around), min(width, left + wide + around))
    part = (rows, columns)
    lit = relit(to_linear(cutout.colours[part]), np.ascontiguousarray(cutout.alpha[part]), light)
    colours = cutout.colours.copy()
    colours[part] = to_levels(_shouldered(lit))
    return colours


def _shouldered(linear: Floats) -> Floats:
    """Highlights rolled off below white, as film does, so that they keep their colour."""
    over = np.maximum(linear - 0.8, 0)
    return np.asarray(np.minimum(linear, 0.8) + 0.2 * np.tanh(over / 0.2), np.float32)


def _survey(alpha: Floats, stage: Stage, cast: Cast) -> tuple[tuple[int, int, int, int], float]:
    """((px above, below, left, right) that the shadow reaches beyond the photo, share lost)."""
    scale = min(1.0, _SURVEY_PX / stage.side)
    small = stage.scaled(max(2, round(stage.width * scale)), max(2, round(stage.height * scale)))
    pad = (round(small.height * _MOST_GROWTH), round(small.width * _MOST_GROWTH))
    shape = np.pad(resample(alpha, (small.width, small.height)), [(each, each) for each in pad])
    moved = _padded(small, (pad[0], pad[0], pad[1], pad[1]))
    dark = _darkness(shape, moved, cast)
    inner = dark[pad[0] : pad[0] + small.height, pad[1] : pad[1] + small.width]
    whole = float(dark.sum())
    lost = 1 - float(inner.sum()) / whole if whole > 1 else 0.0
    x, y, wide, tall = cv2.boundingRect((dark > _SEEN).astype(np.uint8))
    if not wide:
        return (0, 0, 0, 0), 0.0
    far = (
        pad[0] - y,
        y + tall - pad[0] - small.height,
        pad[1] - x,
        x + wide - pad[1] - small.width,
    )
    up, down, left, right = (round(max(0, each + 1) / scale) if each > 0 else 0 for each in far)
    return (up, down, left, right), round(lost, 3)


def _darkness(alpha: Floats, stage: Stage, cast: Cast) -> Floats:
    """What of the ground is changed, and how much: H×W float32."""
    if cast.kind != "reflection":
        return shadow(alpha, stage, cast)
    if cast.opacity <= 0:
        return np.zeros(alpha.shape, np.float32)
    colours = np.zeros((*alpha.shape, 3), np.float32)
    share = reflection(colours, alpha, stage, cast.softness)[1]
    return np.asarray(_MIRRORS * cast.opacity * share, np.float32)


def _padded(stage: Stage, edges: tuple[int, int, int, int]) -> Stage:
    up, down, left, right = edges
    return replace(
        stage,
        width=stage.width + left + right,
        height=stage.height + up + down,
        left=stage.left + left,
        top=stage.top + up,
        edge=stage.edge + up,
    )


def _fallen(
    colours: Pixels, alpha: Floats, stage: Stage, wish: Relighting
) -> tuple[Floats, Floats]:
    """(colour in linear light H×W×3 or 3, share H×W) of what lies on the ground."""
    if wish.cast.kind == "reflection" and wish.cast.opacity > 0:
        image, share = reflection(to_linear(colours), alpha, stage, wish.cast.softness)
        return image, np.asarray(_MIRRORS * wish.cast.opacity * share, np.float32)
    plain = to_linear(np.array(read_colour(wish.colour)[:3], np.uint8))
    return plain, _darkness(alpha, stage, wish.cast)


def _kept(
    picture: Picture, cutout: Cutout, colours: Pixels, wish: Relighting, stage: Stage
) -> Pixels:
    photo = np.ascontiguousarray(picture.pixels[..., :3])
    if picture.has_alpha:
        return _over_nothing(picture, cutout, colours, wish, stage)
    fallen, share = _fallen(colours, cutout.alpha, stage, wish)
    share = share * (1 - cutout.alpha)
    linear = to_linear(photo)
    done = linear + (fallen - linear) * share[..., None]
    if wish.light.intensity > 0:
        # An edge pixel is partly background: only the product's part of it changes.
        change = to_linear(colours) - to_linear(cutout.colours)
        done += change * cutout.alpha[..., None]
    changed = share > 0.002
    if wish.light.intensity > 0:
        changed |= cutout.alpha > 0
    return np.where(changed[..., None], to_levels(done), photo)


def _over_nothing(
    picture: Picture, cutout: Cutout, colours: Pixels, wish: Relighting, stage: Stage
) -> Pixels:
    """A photo that is transparent already keeps its size; the shadow falls on its nothing."""
    return _grown(
        cutout.alpha, colours, replace(wish, background="transparent"), stage, (0, 0, 0, 0)
    )


def _grown(
    alpha: Floats,
    colours: Pixels,
    wish: Relighting,
    stage: Stage,
    edges: tuple[int, int, int, int],
) -> Pixels:
    up, down, left, right = edges
    if any(edges):
        colours = np.pad(colours, [(up, down), (left, right), (0, 0)])
        alpha = np.pad(alpha, [(up, down), (left, right)])
        stage = _padded(stage, (up, down, left, right))
    fallen, share = _fallen(colours, alpha, stage, wish)
    if wish.background == "transparent":
        return _on_nothing(colours, alpha, fallen, share)
    plain = np.array(read_colour(wish.background)[:3], np.uint8)
    under = np.broadcast_to(to_linear(plain), (*alpha.shape, 3))
    ground = to_levels(under + (fallen - under) * share[..., None])
    ground = np.where(share[..., None] > 0.002, ground, plain)
    return blend(colours, ground, np.rint(alpha * 255).astype(np.uint8))


def _on_nothing(colours: Pixels, alpha: Floats, fallen: Floats, share: Floats) -> Pixels:
    """The product over what lies on the ground over transparency, straight alpha."""
    both = alpha + (1 - alpha) * share
    own = (alpha / np.maximum(both, 1e-6))[..., None]
    lying = to_levels(np.broadcast_to(fallen, (*alpha.shape, 3)))
    mixed = np.rint(colours * own + lying * (1 - own))
    done = np.dstack([mixed, np.rint(both * 255)]).astype(np.uint8)
    done[done[..., 3] == 0] = 0
    return done
