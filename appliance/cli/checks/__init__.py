"""What `appliance doctor` looks at: the machine, its GPU, and the box on it."""

from __future__ import annotations

from appliance.cli.checks import box as of_box
from appliance.cli.checks import gpu, machine, worker
from appliance.cli.checks.check import Check
from appliance.services.box import Box

__all__ = ["Check", "checks"]


def checks(box: Box, *, deep: bool = False) -> list[Check]:
    """Every finding, most basic first. `deep` reads every byte of the weights."""
    return [
        *machine.checks(box),
        *gpu.checks(box.settings.worker.gpus),
        *worker.checks(box),
        *of_box.checks(box, deep=deep),
    ]
