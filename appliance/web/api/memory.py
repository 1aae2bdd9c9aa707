"""Models in the workers' memory: having one loaded, or dropped. What is there, `/api/v1/health`
says.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, TypedDict

from flask import Response
from flask_smorest import Blueprint

from appliance.core.errors import Conflict, Forbidden, ModelNotInstalled, NoWorker
from appliance.services import memory
from appliance.web.actor import require_operator
from appliance.web.families.family import Desk
from appliance.web.reply import Reply, respond
from appliance.web.routing import on
from appliance.web.shapes import Data


class Freed(TypedDict):
    """Memory that was taken before and after, in MB."""

    before_mb: Annotated[int, "The GPUs', or the workers' where there is none"]
    after_mb: int


class Loaded(Freed):
    """Memory that was taken before and after, and seconds."""

    load_s: Annotated[float, "What loading took; it took it earlier if the model was there"]


def add(blueprint: Blueprint, desk: Desk) -> None:
    """Register `/api/v1/models/{id}/load` and `/free`."""
    box = desk.box

    @on(
        *(blueprint, "/api/v1/models/<model>/load", "POST"),
        gives=Data[Loaded],
        refuses=(Forbidden, ModelNotInstalled, Conflict, NoWorker),
    )
    def load_model(model: str) -> Response:
        """Load a model into every worker's memory, before a job needs it.

        503 `GPU_UNAVAILABLE` while it goes on, or a job runs: it is loaded all the same.
        """
        require_operator(box)
        return respond(Reply({"data": asdict(memory.load(box, model))}))

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
