"""Routes of a blueprint, typed: flask-smorest itself ships no types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask_smorest import Blueprint

View = TypeVar("View", bound=Callable[..., Any])


def on(blueprint: Blueprint, path: str, method: str = "GET") -> Callable[[View], View]:
    """Register a view of the blueprint under a path and method."""

    def register(view: View) -> View:
        blueprint.route(path, methods=[method])(view)
        return view

    return register
