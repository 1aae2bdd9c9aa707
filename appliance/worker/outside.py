"""What offers abilities beyond the box: plain values that an order carries to a child."""

from __future__ import annotations

from collections.abc import Mapping

from appliance.core.abilities.installer import INSTALLER
from appliance.services.box import Box
from appliance.services.models.installing import installer


def outside(box: Box) -> Mapping[str, object]:
    """By name of the ability, for jobs whose operation needs one that is `outside`."""
    return {INSTALLER.name: installer(box)}
