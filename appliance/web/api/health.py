"""How the box is: for people, monitors and load balancers. The short form needs no key."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired, TypedDict

from flask import Response
from flask_smorest import Blueprint

from appliance import __version__
from appliance.core.errors import AccountSuspended, Busy, InvalidKey, MissingKey, RateLimited
from appliance.core.jobs import Lane
from appliance.services.box import Box
from appliance.services.health import WorkerHealth as WorkerNow
from appliance.services.health import health
from appliance.web.actor import require
from appliance.web.families.family import Desk
from appliance.web.reply import Reply, respond
from appliance.web.routing import on
from appliance.web.shapes import Data


class WorkerHealth(TypedDict):
    """The worker process; of several the first, without which no job is accepted."""

    alive: bool
    heartbeat_age_s: float | None


class Card(TypedDict):
    """A GPU, and the worker that has it."""

    gpu: Annotated[int, "Its number in worker.gpus"]
    alive: bool
    heartbeat_age_s: float | None
    name: Annotated[str | None, "Null before the worker has looked, and on the CPU"]
    memory_mb: int | None
    free_mb: int | None


class QueueHealth(TypedDict):
    """Jobs that wait, by lane."""

    gpu: int
    cpu: int


class DiskHealth(TypedDict):
    """Room for files."""

    free_gb: float
    low: bool


class ModelInMemory(TypedDict):
    """A model that a worker holds."""

    id: str
    gpu: int
    memory_mb: int
    peak_mb: Annotated[int, "Most that was taken while it worked, all models together"]
    load_s: float
    idle_s: int
    thrift: Annotated[int, "0 at full speed; more: in less memory, after it ran out once"]


class Health(TypedDict):
    """How the box is; all but the first two with a key only."""

    status: Literal["ok", "degraded", "down"]
    version: str
    worker: NotRequired[WorkerHealth]
    queue: NotRequired[QueueHealth]
    gpu: NotRequired[Annotated[dict[str, Any] | None, "The first worker's"]]
    gpus: NotRequired[list[Card]]
    models: NotRequired[list[ModelInMemory]]
    disk: NotRequired[DiskHealth]


class Alive(TypedDict):
    """The web process lives."""

    status: Literal["ok"]


class Ready(TypedDict):
    """Whether jobs are accepted."""

    status: Literal["ready", "not ready"]


def add(blueprint: Blueprint, desk: Desk) -> None:
    """Register `/api/v1/health`, `/health` and `/ready`."""
    box = desk.box

    @on(
        *(blueprint, "/api/v1/health"),
        gives=Data[Health],
        refuses=(AccountSuspended, RateLimited, Busy),
        keyless=True,
    )
    def api_health() -> Response:
        """Show how the box is; details with a key."""
        return respond(Reply({"data": _health(box, details=_known(box))}))

    @on(blueprint, "/health", gives=Alive, keyless=True)
    def liveness() -> Response:
        """Answer while the web process lives."""
        return respond(Reply({"status": "ok"}))

    @on(blueprint, "/ready", gives={200: Ready, 503: Ready}, keyless=True)
    def readiness() -> Response:
        """Answer 200 when jobs are accepted, else 503."""
        ready = health(box).accepts
        return respond(Reply({"status": "ready" if ready else "not ready"}, 200 if ready else 503))


def _known(box: Box) -> bool:
    try:
        require(box, None)
    except (MissingKey, InvalidKey):
        return False
    return True


def _health(box: Box, *, details: bool) -> dict[str, Any]:
    now = health(box)
    brief: dict[str, Any] = {"status": now.status, "version": __version__}
    if not details:
        return brief
    return brief | {
        "worker": {"alive": now.worker_alive, "heartbeat_age_s": now.worker_age_s},
        "queue": {"gpu": now.queued[Lane.HEAVY], "cpu": now.queued[Lane.LIGHT]},
        "gpu": now.workers[0].card,
        "gpus": [_card(each) for each in now.workers],
        "models": now.models,
        "disk": {"free_gb": now.free_gb, "low": now.disk_low},
    }


def _card(worker: WorkerNow) -> Card:
    card = worker.card or {}
    return Card(
        gpu=worker.station.gpu,
        alive=worker.alive,
        heartbeat_age_s=worker.age_s,
        name=card.get("name"),
        memory_mb=card.get("memory_mb"),
        free_mb=card.get("free_mb"),
    )
