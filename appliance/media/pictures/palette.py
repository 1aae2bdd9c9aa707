"""256 colours for pictures of millions: what GIF needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from appliance.media.pictures.matte import over

if TYPE_CHECKING:
    from appliance.core.picture import Pixels

CLEAR = 255  # the palette index that means transparent


def indexed(pixels: Pixels, matte: str) -> Image.Image:
    """The pixels in at most 255 dithered colours, with index 255 where less than half opaque.

    Pixels that are partly transparent get `matte` under them. The picture's `info` names the
    transparent index if there is one. Shapes: H×W×3|4 uint8.
    """
    colours = Image.fromarray(over(pixels, matte))
    palette = colours.quantize(255, Image.Quantize.MEDIANCUT)
    done = colours.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)
    done.putpalette((done.getpalette() or [])[: 3 * CLEAR])
    hidden = pixels[..., 3] < 128 if pixels.shape[2] == 4 else None
    if hidden is None or not hidden.any():
        return done
    indices = np.array(done)
    indices[hidden] = CLEAR
    clear = Image.fromarray(indices)
    clear.putpalette([*(done.getpalette() or [])[: 3 * CLEAR], *[0] * 3 * 256][: 3 * 256])
    clear.info["transparency"] = CLEAR
    return clear
