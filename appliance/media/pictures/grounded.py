"""A cut-out at its place in the photo, on another ground or on none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from appliance.core.picture import Picture
from appliance.media.pictures.cutout import Cutout
from appliance.media.pictures.fitting import resize
from appliance.media.pictures.matte import blend, over, read_colour

if TYPE_CHECKING:
    from numpy.typing import NDArray


def grounded(cutout: Cutout, behind: Picture | str) -> Picture:
    """The cut-out on `behind`: #RRGGBB, a picture that fills the frame, or transparent.

    On transparency nothing is left of the old background, not even unseen.
    """
    alpha = np.rint(cutout.alpha * 255).astype(np.uint8)
    if behind == "transparent":
        pixels = np.dstack([cutout.colours, alpha])
        pixels[alpha == 0] = 0
        return Picture(pixels)
    return Picture(blend(cutout.colours, _ground(behind, alpha.shape), alpha))


def _ground(behind: Picture | str, shape: tuple[int, ...]) -> NDArray[np.generic]:
    if isinstance(behind, str):
        return np.array(read_colour(behind)[:3])
    return over(resize(behind, shape[1], shape[0], fit="cover").pixels, "#FFFFFF")
