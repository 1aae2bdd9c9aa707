"""Enlarging pictures."""

from __future__ import annotations

from typing import Protocol

from appliance.core.abilities.key import AbilityKey
from appliance.core.picture import Picture
from appliance.core.progress import Progress


class Upscaler(Protocol):
    """Enlarges pictures by adding plausible detail."""

    def upscale(self, picture: Picture, *, factor: int, progress: Progress) -> Picture:
        """The picture `factor` (2 or 4) times as wide and as high; alpha is kept.

        Shapes: H×W×3|4 uint8 → (factor·H)×(factor·W)×3|4 uint8.
        Raises: ProcessingFailed when memory does not suffice even in small tiles.
        """
        ...


UPSCALER: AbilityKey[Upscaler] = AbilityKey("image.upscaler", "enlarging pictures")
