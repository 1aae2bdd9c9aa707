"""A decoded picture in memory. Its array type is named for checkers only: core has no numpy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]
    Mask = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Picture:
    """One decoded picture, upright, in sRGB.

    `pixels`: H×W×3 (RGB) or H×W×4 (RGBA, straight alpha), uint8, C-contiguous.
    """

    pixels: Pixels

    @property
    def width(self) -> int:
        """Pixels from left to right."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """Pixels from top to bottom."""
        return int(self.pixels.shape[0])

    @property
    def has_alpha(self) -> bool:
        """Whether there is a fourth channel."""
        return int(self.pixels.shape[2]) == 4
