"""Routes of a blueprint, typed: flask-smorest itself ships no types."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypedDict, TypeVar

from flask_smorest import Blueprint
from typing_extensions import Unpack

from appliance.web.once import once
from appliance.web.says import Kinds, Says

View = TypeVar("View", bound=Callable[..., Any])


class Said(TypedDict, total=False):
    """What a route may say of itself, as `Says` has it; `gives` of a 200 may be its type alone.

    `once` is true of every POST that does not say otherwise: one that changes nothing, or sees to
    it itself.
    """

    gives: Any
    takes: Any
    asks: type
    refuses: Kinds
    keyless: bool
    once: bool


def on(
    blueprint: Blueprint, path: str, method: str = "GET", **said: Unpack[Said]
) -> Callable[[View], View]:
    """Register a view of the blueprint under a path and method, and what the contract says of it.

    on(blueprint, "/api/v1/keys", "POST", takes=KeyWish, gives={201: Data[NewKey]})
    """
    gives = said.get("gives", Any)
    says = Says(
        gives if isinstance(gives, Mapping) else {200: gives},
        takes=said.get("takes"),
        asks=said.get("asks"),
        refuses=said.get("refuses", ()),
        keyless=said.get("keyless", False),
        once=said.get("once", method == "POST"),
    )

    def register(view: View) -> View:
        # One view may both PATCH and PUT; each is an operation with an id of its own.
        endpoint = f"put_{view.__name__}" if method == "PUT" else view.__name__
        answer = once(view, reads_body=says.takes is not None) if says.once else view
        documented = blueprint.doc(says=says)(answer)
        blueprint.route(path, methods=[method], endpoint=endpoint)(documented)
        return view

    return register
