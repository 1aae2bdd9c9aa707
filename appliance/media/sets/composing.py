"""A product put into a set: its shadow and mirror image on the ground, then its own pixels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from appliance.core.picture import Picture
from appliance.media.pictures.border import fit_border, resample, to_lab
from appliance.media.pictures.cutout import Cutout
from appliance.media.pictures.fitting import resize
from appliance.media.pictures.matte import blend, over
from appliance.media.sets.lighting import found_light
from appliance.media.sets.noise import Floats, to_levels, to_linear
from appliance.media.sets.shadows import Cast, reflection, shadow
from appliance.media.sets.stage import Stage, stage_of
from appliance.media.sets.styles import STYLES, build, in_front_of

if TYPE_CHECKING:
    from appliance.core.picture import Pixels

_MOST_PX = 2400  # of the longer side that sets are made at; larger pictures get them enlarged
_SHADOW_PX = 900
_LEAST_SHADOW = 0.03  # of the light: less is the paper's unevenness
_PHOTO_SHADE, _PHOTO_GLOSS = 0.6, 0.04


def on_style(cutout: Cutout, style: str, seed: int, *, kept: Floats | None = None) -> Picture:
    """The product in one of STYLES, at its place in the photo; RGB.

    Where the cut-out's alpha is 1 the pixels are the photo's own. The set is lit from where the
    product seems to be. `kept`: the photo's own shadow (`photo_shadow`) instead of a made one.
    Raises KeyError for an unknown style, ValueError for an empty cut-out.
    """
    look, small = STYLES[style], _small(cutout)
    stage = _stage(small)
    built = build(look, stage, seed)
    ground = _Ground(built, Cast("cast", look.shade), look.gloss, kept)
    return Picture(laid(cutout.colours, cutout.alpha, _finished(ground, small, stage)))


def on_photo(cutout: Cutout, behind: Picture, *, kept: Floats | None = None) -> Picture:
    """The product before a picture that fills the frame, with a shadow; else as `on_style`."""
    small = _small(cutout)
    stage = _stage(small)
    fitted = over(resize(behind, stage.width, stage.height).pixels, "#FFFFFF")
    linear = in_front_of(to_linear(fitted), stage)
    ground = _Ground(linear, Cast("cast", _PHOTO_SHADE), _PHOTO_GLOSS, kept)
    return Picture(laid(cutout.colours, cutout.alpha, _finished(ground, small, stage)))


def photo_shadow(picture: Picture, cutout: Cutout) -> Floats | None:
    """How dark the photo's own shadow on its background is: H×W float32, 0 none … 1 black.

    None where the background is not plain, so that nobody can tell what is shadow.
    """
    if not cutout.plain or cutout.methods == ("transparency",):
        return None
    scale = min(1.0, _SHADOW_PX / max(picture.width, picture.height))
    size = (max(8, round(picture.width * scale)), max(8, round(picture.height * scale)))
    small = resample(np.ascontiguousarray(picture.pixels[..., :3]), size)
    lab = to_lab(small)
    ground = fit_border(lab).colours(lab)
    there, clean = _light_of(lab[..., 0]), _light_of(ground[..., 0])
    dark = 1 - there / np.maximum(clean, 1e-3)
    dark = np.clip((dark - _LEAST_SHADOW) / (1 - _LEAST_SHADOW), 0, 0.95)
    free = (resample(cutout.alpha, size) < 0.02).astype(np.float32)
    # What the product covers takes the darkness around it: its edge must not shine through.
    spread = cv2.GaussianBlur(dark * free, (0, 0), 4) / np.maximum(
        cv2.GaussianBlur(free, (0, 0), 4), 1e-3
    )
    soft = cv2.GaussianBlur(np.where(free > 0, dark, spread), (0, 0), 1.2)
    return resample(np.asarray(soft, np.float32), (picture.width, picture.height))


def _light_of(lightness: Floats) -> Floats:
    """Relative luminance of CIE lightness 0…100."""
    return np.asarray(((np.maximum(lightness, 0) + 16) / 116) ** 3, np.float32)


@dataclass(frozen=True, eq=False)
class _Ground:
    """What the product is laid over, in linear light, and what falls on it."""

    linear: Floats
    cast: Cast
    gloss: float
    kept: Floats | None


def _small(cutout: Cutout) -> Cutout:
    """The cut-out at the size that sets are made at: itself, if it is no larger."""
    height, width = cutout.alpha.shape
    scale = _MOST_PX / max(height, width)
    if scale >= 1:
        return cutout
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return replace(
        cutout, alpha=resample(cutout.alpha, size), colours=resample(cutout.colours, size)
    )


def _stage(cutout: Cutout) -> Stage:
    return stage_of(cutout.alpha, found_light(to_linear(cutout.colours), cutout.alpha))


def _finished(ground: _Ground, cutout: Cutout, stage: Stage) -> Pixels:
    linear, kept = ground.linear, ground.kept
    if kept is None:
        dark = shadow(cutout.alpha, stage, ground.cast)
    else:
        dark = resample(kept, (stage.width, stage.height))
    linear *= 1 - dark[..., None]
    if ground.gloss > 0 and not stage.above:
        mirror(linear, cutout, stage, ground.gloss)
    return to_levels(linear)


def mirror(linear: Floats, cutout: Cutout, stage: Stage, gloss: float) -> None:
    """Lay the product's mirror image on the ground, in place, as strong as `gloss` 0…1."""
    image, share = reflection(to_linear(cutout.colours), cutout.alpha, stage, 0.4)
    rows = slice(max(0, int(stage.base - 0.5 * stage.tall)), None)
    linear[rows] += (image[rows] - linear[rows]) * (gloss * share[rows, :, None])


def laid(colours: Pixels, alpha: Floats, ground: Pixels) -> Pixels:
    """Colours over a ground, by alpha: where it is 1 they stay bit for bit.

    H×W×3 uint8, H×W float32; a ground of another size is enlarged.
    """
    if ground.shape != colours.shape:
        size = (colours.shape[1], colours.shape[0])
        ground = np.asarray(cv2.resize(ground, size, interpolation=cv2.INTER_CUBIC), np.uint8)
    return blend(colours, ground, np.rint(alpha * 255).astype(np.uint8))
