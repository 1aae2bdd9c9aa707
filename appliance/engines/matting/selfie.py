"""MediaPipe's selfie segmentation: people in a picture, through cv2's own tflite reader.

Light: no torch, about 10 ms a picture, runs in a media child.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from appliance.core.abilities.person_mask import PERSON_MASK
from appliance.core.errors import ProcessingFailed
from appliance.core.model import Model
from appliance.core.picture import Picture
from appliance.engines.registry import Device, Engine

if TYPE_CHECKING:
    from appliance.core.picture import Mask

_SIDE = 256  # px the network sees, both ways


class SelfieMask:
    """A PersonMask over one loaded network."""

    def __init__(self, weights: Path) -> None:
        self._net = cv2.dnn.readNetFromTFLite(str(weights))

    def mask(self, picture: Picture) -> Mask:
        """How sure each pixel is a person's.

        Shapes: H×W×3|4 uint8 → H×W float32 in 0…1, 1 = person. Edges are as fine as 256 px allow.
        """
        colours = np.ascontiguousarray(picture.pixels[:, :, :3])
        seen = cv2.resize(colours, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
        self._net.setInput(cv2.dnn.blobFromImage(seen, 1 / 255))
        sure = self._net.forward().reshape(_SIDE, _SIDE)
        size = (picture.width, picture.height)
        large = cv2.resize(sure, size, interpolation=cv2.INTER_LINEAR)
        return np.clip(large, 0.0, 1.0).astype(np.float32, copy=False)


def load(model: Model, _device: Device) -> SelfieMask:
    """The person mask of a tflite model. Raises ProcessingFailed for wrong weights."""
    try:
        return SelfieMask(model.path(model.files[0].name))
    except cv2.error as error:
        raise ProcessingFailed(
            f"{model.id} cannot be loaded: {error.msg} Install it again."
        ) from error


ENGINE = Engine(
    name="matting.selfie",
    ability=PERSON_MASK,
    runtime="tflite",
    layouts=("tflite",),
    load=load,
)
