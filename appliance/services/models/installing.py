"""Bringing weights onto the box, checking them, taking them off."""

from __future__ import annotations

from appliance.adapters.manifests import damaged
from appliance.adapters.weights.installer import WeightInstaller
from appliance.adapters.weights.placing import remove as remove_weights
from appliance.adapters.weights.reach import Reach
from appliance.core.model import PackageSource
from appliance.services.box import Box
from appliance.services.models.listing import offer

OPERATION = "models.install"


def installer(box: Box) -> WeightInstaller:
    """The box's installer, by its settings."""
    models = box.settings.models
    reach = Reach(models.hub, models.token, models.proxy, models.downloads)
    return WeightInstaller(box.home.models, reach, models.allow_non_commercial)


def set_of(box: Box, *, starter: bool, full: bool) -> list[str]:
    """Ids of the starter models, or of all that come from registry packages, as far as their
    licences are accepted.
    """
    models = [each for each in box.shelf.all() if each.commercial_use]
    packed = [
        each.id
        for each in models
        if full and each.sources and isinstance(each.sources[0], PackageSource)
    ]
    return sorted({*packed, *(each.id for each in models if each.starter and starter)})


def check_installable(box: Box, model_id: str) -> None:
    """Refuse what an installation would refuse at once. Raises NotFound, Forbidden."""
    installer(box).checked(model_id)


def verify(box: Box, model_id: str) -> tuple[str, ...]:
    """Names of a model's files that are missing or damaged; reads every byte. Raises NotFound."""
    return damaged(offer(box, model_id).model)


def remove(box: Box, model_id: str) -> None:
    """Take a model's weights off the box. Raises NotFound, Conflict while they arrive."""
    remove_weights(offer(box, model_id).model, box.home.models)
