"""What a made file says about itself: how it came about, and from what."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from appliance.core.abilities.person_mask import PERSON_MASK
from appliance.core.model import Model

_IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"
_LOOKS = frozenset({PERSON_MASK.name})  # abilities that find something and make no pixel
_COMPOSES = frozenset({"product.background", "product.photoshoot"})

# Source types of what a model made, in whole or in part: what they are told of stays one.
GENERATED = frozenset(
    {
        "trainedAlgorithmicMedia",
        "compositeWithTrainedAlgorithmicMedia",
        "compositeSynthetic",
        "algorithmicMedia",
    }
)


@dataclass(frozen=True)
class Origin:
    """How a file was made. `source_type`: IPTC's digital source type URI, "" for a mere change of
    format; `says`: short texts for the file's metadata. `carried`: the type is that of what went
    in, and nothing else is to be written into the file where that fits.
    """

    source_type: str
    says: Mapping[str, str]
    carried: bool = False


def origin(
    *,
    job: str,
    operation: str,
    params: Mapping[str, Any],
    models: Mapping[str, Model],
    software: str,
) -> Origin:
    """The origin of a job's files. Params that are files appear as their ids.

    A model's picture without a photo in is `trainedAlgorithmicMedia`; with one it is a composite
    with such media; a product photo laid over what was drawn by rules is a plain `composite`, and
    one worked on without a model that makes pixels `algorithmicallyEnhanced`.
    """
    says = {"Software": software, "Job": job, "Operation": operation}
    says["Parameters"] = json.dumps(dict(params), ensure_ascii=False, sort_keys=True)
    if models:  # one that draws and one that enlarges, say
        says["Model"] = ", ".join(model.id for model in models.values())
        says["ModelDigest"] = ", ".join(model.digest for model in models.values())
    if isinstance(params.get("seed"), int):
        says["Seed"] = str(params["seed"])
    return Origin(_source_type(operation, params, models), says)


def still_generated(origin: Origin, told: str) -> Origin:
    """The origin of what is made out of a file that tells the source type `told`, one of GENERATED
    or "". A generated picture stays a generated one, whatever is done to it.
    """
    if not told or origin.source_type.removeprefix(_IPTC) in GENERATED:
        return origin
    return replace(origin, source_type=_IPTC + told, carried=not origin.source_type)


def _source_type(operation: str, params: Mapping[str, Any], models: Mapping[str, Model]) -> str:
    from_file = any(_names_file(value) for value in params.values())
    if any(model.ability not in _LOOKS for model in models.values()):
        kind = "compositeWithTrainedAlgorithmicMedia" if from_file else "trainedAlgorithmicMedia"
        return _IPTC + kind
    if operation.startswith("tools.") and not models:
        return ""
    return _IPTC + ("composite" if operation in _COMPOSES else "algorithmicallyEnhanced")


def _names_file(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(_names_file(item) for item in value)
    return isinstance(value, dict) and "file" in value
