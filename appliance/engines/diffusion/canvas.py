"""Pictures on their way into a pipeline and out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from appliance.core.errors import ProcessingFailed
from appliance.core.picture import Picture
from appliance.engines.diffusion.sizes import Size

if TYPE_CHECKING:
    from appliance.core.picture import Mask


def start_at(picture: Picture, size: Size) -> Image.Image:
    """The picture to start from at a pipeline's size, RGB; what is transparent becomes white."""
    pixels = picture.pixels
    if picture.has_alpha:
        alpha = pixels[:, :, 3:].astype(np.float32) / 255
        pixels = np.rint(pixels[:, :, :3] * alpha + 255 * (1 - alpha)).astype(np.uint8)
    return Image.fromarray(_resized(pixels, size))


def mask_at(mask: Mask, size: Size) -> Image.Image:
    """The mask at a pipeline's size: white is changed."""
    return Image.fromarray(_resized(np.rint(mask * 255).astype(np.uint8), size))


def _resized(pixels: NDArray[np.uint8], size: Size) -> NDArray[np.uint8]:
    smaller = size[0] < pixels.shape[1]
    how = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
    return cv2.resize(np.ascontiguousarray(pixels), size, interpolation=how).astype(np.uint8)


def made(output: Any) -> NDArray[np.uint8]:
    """The picture a pipeline made. Shapes: its first, H×W×3 float in 0…1 → H×W×3 uint8.

    Raises ProcessingFailed if the model's numbers overflowed.
    """
    picture = np.asarray(output.images[0])
    if not np.isfinite(picture).all():
        raise ProcessingFailed("The model's numbers overflowed, so there is no picture.")
    pixels: NDArray[np.uint8] = np.rint(picture.clip(0, 1) * 255).astype(np.uint8)
    return pixels


def kept_outside(
    fresh: NDArray[np.uint8], start: Image.Image, mask: Image.Image
) -> NDArray[np.uint8]:
    """`fresh` where the mask is white, `start` where it is black: decoding alters all pixels."""
    weight = np.asarray(mask, np.float32)[:, :, None] / 255
    return np.rint(fresh * weight + np.asarray(start) * (1 - weight)).astype(np.uint8)
