"""Bringing weights onto the box: offered by the outside, not by a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from appliance.core.abilities.key import AbilityKey
from appliance.core.progress import Progress


class Installer(Protocol):
    """Fetches models from where their manifests say."""

    def install(self, model_id: str, progress: Progress) -> Mapping[str, str | int]:
        """Install a model; its `model`, `source`, `revision` and `bytes`.

        Progress counts bytes in its steps. What is half fetched when `progress` raises is kept and
        gone on from the next time. Raises: NotFound for a model nobody knows; Forbidden for a
        licence the admin has not accepted; Conflict, StorageFull, ProcessingFailed with the reason.
        """
        ...


INSTALLER: AbilityKey[Installer] = AbilityKey("box.installer", "installing models", outside=True)
