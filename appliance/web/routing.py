"""Routes of a blueprint, typed: flask-smorest itself ships no types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask_smorest import Blueprint

from appliance.web import openapi

View = TypeVar("View", bound=Callable[..., Any])


def on(blueprint: Blueprint, path: str, method: str = "GET") -> Callable[[View], View]:
    """Register a view of the blueprint under a path and method."""

    def register(view: View) -> View:
        documented = blueprint.doc(responses=openapi.replies(blueprint.name))(view)
        blueprint.route(path, methods=[method])(documented)
        return view

    return register
