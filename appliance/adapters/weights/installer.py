"""The box's installer: by model id, within the admin's rules. Plain values, so that it can be
handed to a process of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from appliance.adapters.manifests import Shelf
from appliance.adapters.weights.placing import Placing
from appliance.adapters.weights.reach import Reach
from appliance.core.errors import Forbidden, NotFound
from appliance.core.model import Model
from appliance.core.progress import Progress


@dataclass(frozen=True)
class WeightInstaller:
    """Offers INSTALLER. `allow_non_commercial`: the admin accepts such licences."""

    models_dir: Path
    reach: Reach
    allow_non_commercial: bool

    def install(
        self, model_id: str, progress: Progress, *, given: Path | None = None
    ) -> dict[str, str | int]:
        """Install a model from its sources, or from `given` on this machine.

        Raises what `Installer.install` raises.
        """
        model = self.checked(model_id)
        Placing(model, self.models_dir, self.reach, progress).run(given)
        after = Shelf(self.models_dir).find(model_id) or model
        return {
            "model": model_id,
            "source": after.installed_from or next((s.says for s in after.sources), "yours"),
            "revision": after.revision,
            "bytes": after.bytes,
        }

    def checked(self, model_id: str) -> Model:
        """The model, if there is one and its licence is accepted. Raises NotFound, Forbidden."""
        model = Shelf(self.models_dir).find(model_id)
        if model is None:
            raise NotFound(f"There is no model {model_id[:80]!r}: appliance models list.")
        if not (model.commercial_use or self.allow_non_commercial):
            raise Forbidden(
                f"The licence of {model_id} ({model.licence}) does not clear it for commercial use."
                " To accept that: [models] allow_non_commercial = true in data/config.toml."
            )
        return model
