"""Which model answers: a name a caller used, turned into an installed model of each ability."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from appliance.adapters.engine_names import engine_names
from appliance.adapters.manifests import installed
from appliance.core.abilities.key import AbilityKey
from appliance.core.errors import InvalidInput, ModelNotInstalled
from appliance.core.jobs import Lane
from appliance.core.model import Model, Quality, lane_of
from appliance.core.operation import Operation
from appliance.services.box import Box
from appliance.services.models.aliases import aliases, chosen_by_box


@dataclass(frozen=True)
class Resolved:
    """The models pinned for a job by ability name, and the lane they put it in."""

    models: dict[str, str]
    lane: Lane


def resolve(
    box: Box, operation: Operation[object], asked: str | None, params: object = None
) -> Resolved:
    """Pin a model for each ability the operation needs, and for those it wants where installed.

    `params`: what is asked of it, where some abilities count for some of that only. `asked` names
    the model of the first needed ability: an id, or an alias. What is offered outside the box needs
    none. Raises InvalidInput for a name nobody knows, ModelNotInstalled with the command that
    installs it.
    """
    chosen: list[Model] = []
    needed = [key for key in operation.needed(params) if not key.outside]
    try:
        for position, key in enumerate(needed):
            chosen.append(_named(box, key, asked) if position == 0 else _best(box, key))
    except ModelNotInstalled as error:
        raise _with_way_out(error, operation) from error
    for key in operation.wanted(params):
        chosen += _installed(box, key)[:1]
    lanes = {lane_of(model.runtime) for model in chosen}
    lane = Lane.HEAVY if Lane.HEAVY in lanes else Lane.LIGHT
    return Resolved({model.ability: model.id for model in chosen}, lane)


def _with_way_out(error: ModelNotInstalled, operation: Operation[object]) -> ModelNotInstalled:
    """The refusal, with what the operation does without the model."""
    if operation.sometimes is None or not operation.sometimes.otherwise:
        return error
    said = f"{error.message} {operation.sometimes.otherwise}"
    return ModelNotInstalled(said, details=error.details)


def _named(box: Box, key: AbilityKey[object], asked: str | None) -> Model:
    if asked is None:
        return _best(box, key)
    target = aliases(box).get(asked, asked)
    if chosen_by_box(target, key.name):
        return _best(box, key)
    model = next((each for each in _known(box, key) if each.id == target), None)
    if model is None:
        raise InvalidInput(
            f"Unknown model {asked[:60]!r}. Known: {', '.join(known_names(box, key)) or 'none'}.",
            field="model",
        )
    require_installed(model)
    return model


def _best(box: Box, key: AbilityKey[object]) -> Model:
    installed = _installed(box, key)
    if installed:
        return installed[0]
    known = _known(box, key)
    how = (
        f"Install one on the appliance: appliance models install {known[0].id}"
        if known
        else "Import one you have: appliance models import PATH"
        " (appliance/docs/operating.md, Models)"
    )
    raise ModelNotInstalled(
        f"No model for {key.title} is installed. {how}.", details={"ability": key.name}
    )


def require_installed(model: Model) -> None:
    """Let an installed model pass. Raises ModelNotInstalled with the command that installs it."""
    if not installed(model):
        raise ModelNotInstalled(
            f"The model {model.id!r} is known but its weights are absent. Install it on the"
            f" appliance: appliance models install {model.id}.",
            details={"model": model.id, "command": f"appliance models install {model.id}"},
        )


def _known(box: Box, key: AbilityKey[object]) -> list[Model]:
    """The models of an ability that may run here: the box's own choice first, and what is there to
    show that it works last.
    """
    allowed = box.settings.models.allow_non_commercial
    mine = [
        model
        for model in box.shelf.all()
        if model.ability == key.name
        and model.engine in engine_names()
        and (allowed or model.commercial_use)
    ]
    first = box.settings.defaults.get(key.name)
    return sorted(mine, key=lambda each: (each.id != first, each.quality is Quality.DEMO, each.id))


def _installed(box: Box, key: AbilityKey[object]) -> list[Model]:
    return [model for model in _known(box, key) if installed(model)]


def known_names(box: Box, key: AbilityKey[object]) -> Sequence[str]:
    """Every name a caller may use for a model of this ability: ids and aliases."""
    ids = [model.id for model in _known(box, key)]
    names = [
        name
        for name, target in aliases(box).items()
        if target in ids or chosen_by_box(target, key.name)
    ]
    return sorted({*ids, *names})
