"""How the box is: for people, monitors and load balancers. The short form needs no key."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from appliance import __version__
from appliance.core.errors import InvalidKey, MissingKey
from appliance.core.jobs import Lane
from appliance.services.box import Box
from appliance.services.health import health
from appliance.web.actor import require
from appliance.web.families.family import Desk
from appliance.web.reply import Reply, respond
from appliance.web.routing import on


def add(blueprint: Blueprint, desk: Desk) -> None:
    """Register `/api/v1/health`, `/health` and `/ready`."""
    box = desk.box

    @on(blueprint, "/api/v1/health")
    def api_health() -> Response:
        """Show how the box is; details with a key."""
        return respond(Reply({"data": _health(box, details=_known(box))}))

    @on(blueprint, "/health")
    def liveness() -> Response:
        """Answer while the web process lives."""
        return respond(Reply({"status": "ok"}))

    @on(blueprint, "/ready")
    def readiness() -> Response:
        """Answer 200 when jobs are accepted, else 503."""
        ready = health(box).status == "ok"
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
        "gpu": now.gpu,
        "disk": {"free_gb": now.free_gb, "low": now.disk_low},
    }
