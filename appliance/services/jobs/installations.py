"""Installations as jobs: one unfinished at most a model, whoever began it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from appliance.core.errors import Conflict, NotFound
from appliance.core.ids import JobId, job_name
from appliance.core.jobs import Actor, JobView, Request, State
from appliance.services.box import Box
from appliance.services.jobs import admission, reading, steering
from appliance.services.models.installing import OPERATION, check_installable


@dataclass(frozen=True)
class Asked:
    """A request to install: by whom, and the ids that go with the request."""

    actor: Actor
    request_id: str
    idempotency: tuple[str, bytes] | None = None


def begin(box: Box, model_id: str, asked: Asked) -> admission.Admitted:
    """Start installing a model. Raises NotFound, Forbidden, Conflict, and what admission raises."""
    check_installable(box, model_id)
    params: dict[str, Any] = {"model": model_id}
    request = Request(
        actor=asked.actor,
        family="native",
        type=OPERATION,
        operation=OPERATION,
        params=box.catalogue[OPERATION].read(params),
        price_entry=f"native.{OPERATION}",
        request_id=asked.request_id,
        model=model_id,
        idempotency=asked.idempotency,
    )
    if asked.idempotency is None and (twin := unfinished(box, model_id)):
        raise Conflict(
            f"{model_id} is being installed by {job_name(twin.id)}.",
            details={"job": job_name(twin.id)},
        )
    return admission.admit(box, request)


def pause(box: Box, model_id: str) -> JobView:
    """Let an installation rest; what came so far is kept. Raises NotFound, Conflict."""
    job = _found(box, model_id)
    if job.state is State.PROCESSING:
        steering.send_back(box, job)
    else:
        steering.pause(box, job)
    return reading.job_by_id(box, job.id)


def resume(box: Box, model_id: str) -> JobView:
    """Go on with an installation that rests. Raises NotFound, Conflict while it still runs."""
    job = _found(box, model_id)
    steering.resume(box, job)
    return reading.job_by_id(box, job.id)


def unfinished(box: Box, model_id: str) -> JobView | None:
    """The job that installs a model, if there is one."""
    row = box.db.row(
        "SELECT id FROM job WHERE operation = ? AND model = ?"
        " AND state IN ('pending', 'processing') ORDER BY id LIMIT 1",
        (OPERATION, model_id),
    )
    return reading.job_by_id(box, JobId(row[0])) if row else None


def _found(box: Box, model_id: str) -> JobView:
    job = unfinished(box, model_id)
    if job is None:
        raise NotFound(f"{model_id[:80]!r} is not being installed.")
    return job
