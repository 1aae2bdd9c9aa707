"""A picture at another size, and the parts of it a mask names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from appliance.core.picture import Picture
from appliance.media.pictures import matte
from appliance.media.pictures.resize import plan, resized

if TYPE_CHECKING:
    from appliance.core.picture import Mask


_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def resize(picture: Picture, width: int, height: int, *, fit: str = "cover") -> Picture:
    """The picture at exactly `width` × `height` px (with `fit` inside or outside: at most, least).

    `fit` as in `resize.plan`: cover crops what sticks out, fill stretches.
    """
    how = plan((picture.width, picture.height), width, height, fit)
    return Picture(np.array(resized(Image.fromarray(picture.pixels), how)))


def as_mask(picture: Picture) -> Mask:
    """How white each pixel is, times how opaque.

    Shapes: H×W×3|4 uint8 → H×W float32 in 0…1. Source: Rec. 601 luma.
    """
    luma = picture.pixels[:, :, :3].astype(np.float32) @ _LUMA / 255
    if picture.has_alpha:
        luma = luma * (picture.pixels[:, :, 3].astype(np.float32) / 255)
    return luma.clip(0, 1).astype(np.float32)


def blend(under: Picture, over: Picture, mask: Mask) -> Picture:
    """`over` where the mask is 1, `under` (on white) where it is 0; RGB, all three of one size."""
    share = np.rint(mask * 255).astype(np.uint8)
    return Picture(matte.blend(over.pixels[:, :, :3], matte.over(under.pixels, "#FFFFFF"), share))
