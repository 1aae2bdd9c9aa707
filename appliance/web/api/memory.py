"""Models in the worker's memory: having one dropped. What is there, `/api/v1/health` says."""

from __future__ import annotations

from typing import Annotated, TypedDict

from flask import Response
from flask_smorest import Blueprint

from appliance.core.errors import Forbidden, NoWorker
from appliance.services import memory
from appliance.web.actor import require_operator
from appliance.web.families.family import Desk
from appliance.web.reply import Reply, respond
from appliance.web.routing import on
from appliance.web.shapes import Data


class Freed(TypedDict):
    """Memory that was taken before and after, in MB."""

    before_mb: Annotated[int, "The GPU's, or the worker's where there is none"]
    after_mb: int


def add(blueprint: Blueprint, desk: Desk) -> None:
    """Register `/api/v1/models/{id}/free`."""
    box = desk.box

    @on(
        *(blueprint, "/api/v1/models/<model>/free", "POST"),
        gives=Data[Freed],
        refuses=(Forbidden, NoWorker),
    )
    def free_model(model: str) -> Response:
        """Drop a model from the worker's memory; the next job that needs it loads it again."""
        require_operator(box)
        freed = memory.free(box, model)
        return respond(Reply({"data": Freed(before_mb=freed.before_mb, after_mb=freed.after_mb)}))
