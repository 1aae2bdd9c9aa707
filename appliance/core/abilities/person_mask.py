"""Finding people in a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from appliance.core.abilities.key import AbilityKey
from appliance.core.picture import Picture

if TYPE_CHECKING:
    from appliance.core.picture import Mask


class PersonMask(Protocol):
    """Tells which pixels belong to people."""

    def mask(self, picture: Picture) -> Mask:
        """How sure each pixel is a person's.

        Shapes: H×W×3|4 uint8 → H×W float32 in 0…1, 1 = person.
        """
        ...


PERSON_MASK: AbilityKey[PersonMask] = AbilityKey("image.person_mask", "finding people in a picture")
