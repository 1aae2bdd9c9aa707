"""What models there are: as lists show them, before anything is downloaded."""

from __future__ import annotations

from dataclasses import dataclass

from appliance.adapters.engine_names import engine_names
from appliance.adapters.machine import gpu_memory_mb, half_of_ram_mb
from appliance.adapters.manifests import installed
from appliance.core.errors import NotFound
from appliance.core.jobs import Lane
from appliance.core.model import Model
from appliance.services.box import Box
from appliance.services.models.aliases import aliases


@dataclass(frozen=True)
class Offer:
    """A model as lists show it. `runs`: there is an engine for it; `fits`: this machine has the
    memory; `allowed`: its licence permits commercial use, or the admin accepts that it does not.
    """

    model: Model
    installed: bool
    runs: bool
    fits: bool
    allowed: bool
    operations: tuple[str, ...]
    aliases: tuple[str, ...]

    @property
    def state(self) -> str:
        """Where it stands, in words."""
        if not self.runs:
            return "no engine yet" + (", installed" if self.installed else "")
        return "installed" if self.installed else "absent"

    @property
    def badge(self) -> str:
        """What its licence means for a studio, in words."""
        terms = "commercial" if self.model.commercial_use else "non-commercial"
        return f"{terms}, gated" if self.model.gated else terms

    @property
    def source(self) -> str:
        """Where it came from, or would come from."""
        first = self.model.sources[0].says if self.model.sources else "yours"
        return self.model.installed_from or first


def offers(box: Box) -> list[Offer]:
    """Every model the box knows, with what it serves and the names that lead to it."""
    names = aliases(box)
    room = {lane: _room_mb(box, lane) for lane in Lane}
    return [_offer(box, model, names, room[model.lane]) for model in box.shelf.all()]


def offer(box: Box, model_id: str) -> Offer:
    """One model. Raises NotFound."""
    model = box.shelf.find(model_id)
    if model is None:
        raise NotFound(f"There is no model {model_id[:80]!r}.")
    return _offer(box, model, aliases(box), _room_mb(box, model.lane))


def fits(box: Box, model_id: str) -> bool:
    """Whether this machine has the memory for a model. Raises NotFound."""
    return offer(box, model_id).fits


def _room_mb(box: Box, lane: Lane) -> int:
    worker = box.settings.worker
    if lane is Lane.LIGHT:
        return worker.child_memory_mb
    return worker.model_memory_mb or gpu_memory_mb() or half_of_ram_mb()


def _offer(box: Box, model: Model, names: dict[str, str], room_mb: int) -> Offer:
    using = [
        operation.name
        for operation in box.catalogue
        if model.ability in {key.name for key in operation.abilities}
    ]
    needed = model.memory_for("bfloat16" if gpu_memory_mb() else "float32")
    return Offer(
        model=model,
        installed=installed(model),
        runs=model.engine in engine_names(),
        fits=needed <= room_mb,
        allowed=model.commercial_use or box.settings.models.allow_non_commercial,
        operations=tuple(using),
        aliases=tuple(sorted(name for name, target in names.items() if target == model.id)),
    )
