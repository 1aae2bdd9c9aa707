"""Every route has a golden: a documented request with its documented reply."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.exceptions import HTTPException

from appliance.adapters.config import CHECKOUT
from appliance.operations import discover
from appliance.web.app import create_app
from tests.support.box import opened_box

GOLDENS = CHECKOUT / "tests" / "families" / "goldens"

# Routes without a golden of their own, and why.
WITHOUT: dict[tuple[str, str], str] = {}

Route = tuple[str, str]  # method and rule


@pytest.fixture
def app(tmp_path: Path) -> Any:
    """The web process as it runs, with every operation of the box."""
    with opened_box(tmp_path, catalogue=discover()) as box:
        yield create_app(box)


def _routes(app: Flask) -> set[Route]:
    return {
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def _asked(app: Flask, method: str, path: str) -> Route | None:
    """The route that answers a request; None if none does. `{id}` stands for any value."""
    concrete = re.sub(r"\{\w+\}", "1", path.partition("?")[0])
    try:
        rule, _values = app.url_map.bind("box").match(concrete, method, return_rule=True)
    except HTTPException:
        return None
    return method, rule.rule


def _covered(app: Flask) -> set[Route | None]:
    goldens = [json.loads(file.read_text("utf-8")) for file in GOLDENS.rglob("*.json")]
    asked = [golden["request"] for golden in goldens if "response" in golden]
    return {_asked(app, request["method"], request["path"]) for request in asked}


def test_every_route_has_a_golden(app: Flask) -> None:
    missing = sorted(_routes(app) - _covered(app) - set(WITHOUT))

    assert not missing, "\n".join(f"{method} {rule}" for method, rule in missing)


def test_an_exception_is_a_route_without_a_golden(app: Flask) -> None:
    assert set(WITHOUT) <= _routes(app) - _covered(app)


def test_a_route_is_found_by_a_request_with_placeholders(app: Flask) -> None:
    watched = _asked(app, "GET", "/api/v1/jobs/{job}/events?since=1")

    assert watched == ("GET", "/api/v1/jobs/<reference>/events")
    assert _asked(app, "PUT", "/api/v1/jobs") is None
