"""Content Credentials: what the signed manifest inside a made file says (C2PA 2). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from appliance.core.provenance import Origin

_ABOUT = "org.studio-appliance.made"
# What was asked for in words stays out: a manifest cannot be taken off without breaking it.
_TOLD = ("Job", "Operation", "Model", "ModelDigest", "Seed")
_PARENT, _COMPONENT = "parentOf", "componentOf"


@dataclass(frozen=True)
class Signer:
    """With what manifests are signed: a certificate chain and its private key, both PEM; ES256."""

    chain: bytes
    key: bytes = field(repr=False)


def ingredient(number: int, name: str) -> dict[str, Any]:
    """A file that went in: the first is what was worked on, the others were put to it."""
    return {
        "title": name,
        "relationship": _COMPONENT if number else _PARENT,
        "label": _label(number),
    }


def manifest(origin: Origin, name: str, inputs: Sequence[str]) -> dict[str, Any]:
    """The manifest of a file called `name`, made of files of the names `inputs`.

    Source: C2PA technical specification 2.2, actions and ingredients.
    """
    software, _, version = origin.says["Software"].rpartition(" ")
    told = {key: origin.says[key] for key in _TOLD if key in origin.says}
    return {
        "claim_generator_info": [{"name": software, "version": version}],
        "title": name,
        "assertions": [
            {"label": "c2pa.actions.v2", "data": {"actions": _actions(origin, len(inputs))}},
            {"label": _ABOUT, "data": told},
        ],
    }


def _actions(origin: Origin, inputs: int) -> list[dict[str, Any]]:
    done = {
        "digitalSourceType": origin.source_type,
        "softwareAgent": {"name": origin.says.get("Model", origin.says["Software"])},
        "description": origin.says["Operation"],
    }
    if not inputs:
        return [{"action": "c2pa.created", **done}]
    opened = {"action": "c2pa.opened", "parameters": {"ingredientIds": [_label(0)]}}
    placed = [
        {"action": "c2pa.placed", "parameters": {"ingredientIds": [_label(number)]}}
        for number in range(1, inputs)
    ]
    return [opened, *placed, {"action": "c2pa.edited", **done}]


def _label(number: int) -> str:
    return f"input-{number}"
