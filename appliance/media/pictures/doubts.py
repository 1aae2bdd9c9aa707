"""What makes a cut-out doubtful, in sentences for whoever uses it."""

from __future__ import annotations

from appliance.core.errors import InvalidInput
from appliance.media.pictures.cutout import Cutout

_UNSURE = 0.6  # confidence below which the cut-outs that were looked at had visible faults
_TOUCHING = 0.005  # of the photo's border


def doubts(cutout: Cutout) -> tuple[str, ...]:
    """What should be looked at: the outline, or what the photo's edge cuts off. Mostly nothing.

    Raises InvalidInput, for the field `image`, if nothing was cut out.
    """
    if not cutout.found:
        raise InvalidInput(
            "No product could be told from the background. Take the photo on a plain background "
            "that differs from the product in colour.",
            field="image",
        )
    told = []
    if not cutout.plain:
        told.append(
            "The background is not plain: check the outline, or photograph on a plain background."
        )
    elif cutout.confidence < _UNSURE:
        told.append("The product is hard to tell from the background: check the outline.")
    if cutout.touching > _TOUCHING:
        told.append("The product reaches the edge of the photo, so it may be cut off there.")
    return tuple(told)
