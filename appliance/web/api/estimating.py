"""What any request would cost and take: `POST /api/v1/estimate`."""

from __future__ import annotations

from typing import Annotated, Any, NotRequired, TypedDict

from flask import Response
from flask_smorest import Blueprint

from appliance.core.errors import InvalidInput, ModelNotInstalled, NotFound
from appliance.core.scopes import Scope
from appliance.web.actor import require
from appliance.web.body import Body, read_body
from appliance.web.families.family import Desk
from appliance.web.intake import Intake
from appliance.web.reply import Reply, respond
from appliance.web.routing import on
from appliance.web.shapes import Data, Estimate, Is
from appliance.web.submitting import Counter


class Wanted(TypedDict):
    """What to estimate: a submission's route or an operation, and its fields."""

    route: NotRequired[Annotated[str, Is(examples=["/api/v1/generate"])]]
    operation: NotRequired[Annotated[str, Is(examples=["image.generate"])]]
    params: Annotated[dict[str, Any], Is(examples=[{"prompt": "a red apple"}])]


def add(blueprint: Blueprint, desk: Desk) -> None:
    """Register `/api/v1/estimate`."""

    @on(
        *(blueprint, "/api/v1/estimate", "POST"),
        takes=Wanted,
        gives=Data[Estimate],
        refuses=(NotFound, ModelNotInstalled),
        once=False,
    )
    def estimate() -> Response:
        """Estimate a request; nothing runs, nothing is held."""
        actor = require(desk.box, Scope.GENERATION)
        body = read_body()
        params = body.values.get("params", {})
        if not isinstance(params, dict):
            raise InvalidInput("params must be an object.", field="params")
        counter = _counter(desk, body)
        intake = Intake(desk.box, actor, counter.family.room(desk.box.settings))
        reply = counter.estimated(intake, Body(params, lenient=body.lenient))
        facts = reply.body.get("data") or reply.body
        return respond(Reply({"data": facts}))


def _counter(desk: Desk, body: Body) -> Counter:
    path = body.values.get("route") or f"/api/v1/operations/{body.values.get('operation')}"
    counter = desk.counters.get(str(path))
    if not isinstance(counter, Counter):
        known = ", ".join(sorted(desk.counters))
        raise InvalidInput(f"Name a route or an operation. Routes: {known}.", field="route")
    return counter
