"""Colours as text, and colour under transparency."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from appliance.core.picture import Pixels

Rgba = tuple[int, int, int, int]


def read_colour(text: str) -> Rgba:
    """Red, green, blue, alpha (0…255) of `#RRGGBB`, `#RRGGBBAA` or `transparent`.

    Raises ValueError for anything else; parameters have been checked by their pattern before.
    """
    if text.lower() == "transparent":
        return 0, 0, 0, 0
    digits = text.removeprefix("#")
    if len(digits) not in (6, 8) or not text.startswith("#"):
        raise ValueError(f"{text!r} is no colour of the form #RRGGBB or #RRGGBBAA")
    red, green, blue, *alpha = bytes.fromhex(digits)
    return red, green, blue, alpha[0] if alpha else 255


def over(pixels: Pixels, matte: str) -> Pixels:
    """The pixels with `matte` laid under what is transparent.

    Shapes: H×W×3|4 uint8 → H×W×3 uint8. The matte counts as opaque.
    """
    if pixels.shape[2] == 3:
        return pixels
    return blend(pixels[..., :3], np.array(read_colour(matte)[:3]), pixels[..., 3])


def blend(front: Pixels, back: NDArray[np.generic], alpha: Pixels) -> Pixels:
    """`front` over `back` by `alpha` (H×W uint8), rounded to the nearest level.

    `back`: H×W×3 or one colour of 3. Works in bands, so that large pictures need little memory.
    """
    done = np.empty(front.shape, np.uint8)
    whole = np.broadcast_to(back, front.shape)
    for top in range(0, front.shape[0], 256):
        rows = slice(top, top + 256)
        share = alpha[rows, :, None].astype(np.uint16)
        mixed = front[rows] * share + whole[rows].astype(np.uint16) * (255 - share) + np.uint16(128)
        done[rows] = (mixed + (mixed >> 8)) >> 8  # divided by 255, rounded to the nearest
    return done
