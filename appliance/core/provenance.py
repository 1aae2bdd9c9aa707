"""What a made file says about itself: how it came about, and from what."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from appliance.core.model import Model

_IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"


@dataclass(frozen=True)
class Origin:
    """How a file was made. `source_type`: IPTC's digital source type URI, "" for a mere change of
    format; `says`: short texts for the file's metadata.
    """

    source_type: str
    says: Mapping[str, str]


def origin(
    *,
    job: str,
    operation: str,
    params: Mapping[str, Any],
    models: Mapping[str, Model],
    software: str,
) -> Origin:
    """The origin of a job's files. Params that are files appear as their ids.

    A model's picture without a photo in is `trainedAlgorithmicMedia`; with one it is a composite;
    a product photo worked on without a model is `algorithmicallyEnhanced`.
    """
    says = {"Software": software, "Job": job, "Operation": operation}
    says["Parameters"] = json.dumps(dict(params), ensure_ascii=False, sort_keys=True)
    for model in models.values():
        says["Model"] = model.id
        says["ModelDigest"] = model.digest
    if isinstance(params.get("seed"), int):
        says["Seed"] = str(params["seed"])
    return Origin(_source_type(operation, params, models), says)


def _source_type(operation: str, params: Mapping[str, Any], models: Mapping[str, Model]) -> str:
    from_file = any(_names_file(value) for value in params.values())
    if models:
        kind = "compositeWithTrainedAlgorithmicMedia" if from_file else "trainedAlgorithmicMedia"
        return _IPTC + kind
    return "" if operation.startswith("tools.") else _IPTC + "algorithmicallyEnhanced"


def _names_file(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(_names_file(item) for item in value)
    return isinstance(value, dict) and "file" in value
