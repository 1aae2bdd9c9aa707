"""Which model answers: a name a caller used, turned into an installed model of each ability."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from appliance.adapters.manifests import installed
from appliance.core.abilities.key import AbilityKey
from appliance.core.errors import InvalidInput, ModelNotInstalled
from appliance.core.jobs import Lane
from appliance.core.model import Model, lane_of
from appliance.core.operation import Operation
from appliance.services.box import Box

_BOX_CHOOSES = ("", "default")


@dataclass(frozen=True)
class Resolved:
    """The models pinned for a job by ability name, and the lane they put it in."""

    models: dict[str, str]
    lane: Lane


def resolve(box: Box, operation: Operation[object], asked: str | None) -> Resolved:
    """Pin a model for each ability the operation needs, and for those it wants where installed.

    `asked` names the model of the first needed ability: an id, or an alias from config. Raises
    InvalidInput for a name nobody knows, ModelNotInstalled with the command that installs it.
    """
    chosen: list[Model] = []
    for position, key in enumerate(operation.needs):
        chosen.append(_named(box, key, asked) if position == 0 else _best(box, key))
    for key in operation.wants:
        chosen += _installed(box, key)[:1]
    lanes = {lane_of(model.runtime) for model in chosen}
    lane = Lane.HEAVY if Lane.HEAVY in lanes else Lane.LIGHT
    return Resolved({model.ability: model.id for model in chosen}, lane)


def _named(box: Box, key: AbilityKey[object], asked: str | None) -> Model:
    if asked is None:
        return _best(box, key)
    target = box.settings.aliases.get(asked, asked)
    if target in _BOX_CHOOSES:
        return _best(box, key)
    model = next((each for each in _known(box, key) if each.id == target), None)
    if model is None:
        raise InvalidInput(
            f"Unknown model {asked[:60]!r}. Known: {', '.join(known_names(box, key)) or 'none'}.",
            field="model",
        )
    _require(box, model)
    return model


def _best(box: Box, key: AbilityKey[object]) -> Model:
    installed = _installed(box, key)
    if installed:
        return installed[0]
    known = _known(box, key)
    how = (
        f"Install one on the appliance: appliance models install {known[0].id}"
        if known
        else "Put a manifest under models/ and its weights beside it"
        " (appliance/docs/operating.md, Models)"
    )
    raise ModelNotInstalled(
        f"No model for {key.title} is installed. {how}.", details={"ability": key.name}
    )


def _require(box: Box, model: Model) -> None:
    if not installed(model):
        raise ModelNotInstalled(
            f"The model {model.id!r} is known but its weights are absent. Install it on the"
            f" appliance: appliance models install {model.id}.",
            details={"model": model.id, "command": f"appliance models install {model.id}"},
        )


def _known(box: Box, key: AbilityKey[object]) -> list[Model]:
    allowed = box.settings.models.allow_non_commercial
    mine = [
        model
        for model in box.shelf.all()
        if model.ability == key.name and (allowed or model.commercial_use)
    ]
    first = box.settings.defaults.get(key.name)
    return sorted(mine, key=lambda model: (model.id != first, model.id))


def _installed(box: Box, key: AbilityKey[object]) -> list[Model]:
    return [model for model in _known(box, key) if installed(model)]


def known_names(box: Box, key: AbilityKey[object]) -> Sequence[str]:
    """Every name a caller may use for a model of this ability: ids and aliases."""
    ids = [model.id for model in _known(box, key)]
    aliases = [
        alias for alias, target in box.settings.aliases.items() if target in (*ids, "", "default")
    ]
    return sorted({*ids, *aliases})


@dataclass(frozen=True)
class Offer:
    """A model as lists show it."""

    model: Model
    installed: bool
    operations: tuple[str, ...]
    aliases: tuple[str, ...]


def offers(box: Box) -> list[Offer]:
    """Every model the box knows, with what it serves and the names that lead to it."""
    return [_offer(box, model) for model in box.shelf.all()]


def _offer(box: Box, model: Model) -> Offer:
    using = [
        operation
        for operation in box.catalogue
        if model.ability in {key.name for key in (*operation.needs, *operation.wants)}
    ]
    aliases = [alias for alias, target in box.settings.aliases.items() if target == model.id]
    names = tuple(operation.name for operation in using)
    return Offer(model, installed(model), names, tuple(sorted(aliases)))
