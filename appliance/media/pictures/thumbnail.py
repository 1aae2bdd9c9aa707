"""Small pictures to look at while a large one is being made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2

from appliance.media.pictures.border import resample
from appliance.media.pictures.matte import over

if TYPE_CHECKING:
    from appliance.core.picture import Pixels

_QUALITY = 80


def preview_jpeg(pixels: Pixels, max_side: int = 256) -> bytes:
    """A JPEG file of the pixels, at most `max_side` px a side; transparency lies on mid-grey.

    Shapes: H×W×3|4 uint8. Never enlarges.
    """
    height, width = pixels.shape[:2]
    scale = min(1.0, max_side / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    opaque = cv2.cvtColor(over(resample(pixels, size), "#808080"), cv2.COLOR_RGB2BGR)
    _, coded = cv2.imencode(".jpg", opaque, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return coded.tobytes()
