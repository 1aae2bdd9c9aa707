"""Jobs: listed, polled, cancelled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Annotated, Any, NotRequired, TypedDict

from flask import Response, request
from flask_smorest import Blueprint

from appliance.core.errors import Conflict, InvalidInput
from appliance.core.jobs import State
from appliance.core.params import Choice, Help, Length, Range, Unit
from appliance.core.scopes import Scope
from appliance.services.jobs import reading, steering
from appliance.web.actor import require
from appliance.web.families.family import Desk
from appliance.web.families.jobs.envelope import job_data
from appliance.web.families.jobs.shapes import Job
from appliance.web.families.product.shapes import (
    Autofix,
    BatchCounts,
    MarketplaceVerdict,
    ProductOutput,
)
from appliance.web.jobs_of import own_job, own_written, paging
from appliance.web.polling import polled
from appliance.web.reply import Reply, respond
from appliance.web.routing import on
from appliance.web.shapes import JobName, Page
from appliance.web.showing import Shown, show

_LONGEST_WAIT_S = 60


@dataclass(frozen=True)
class JobsAsked:
    """The query of a list of jobs."""

    limit: Annotated[int, Help("How many at most"), Range(1, 100)] = 50
    cursor: Annotated[str | None, Help("From meta.next_cursor"), Length(1, 100)] = None
    status: Annotated[str | None, Help("Only jobs that stand so"), Choice(tuple(State))] = None
    type: Annotated[str | None, Help("Only jobs of a type"), Length(1, 100)] = None
    since: Annotated[str | None, Help("Only later ones: ISO 8601"), Length(1, 40)] = None


@dataclass(frozen=True)
class JobAsked:
    """Which job, and how long to wait for its end."""

    reference: Annotated[str, Help("The job by id, UUID or number"), Length(1, 100)]
    wait: Annotated[
        int, Help("Hold the answer until it has ended, at most so long"), Range(0, 60), Unit("s")
    ] = 0


class PollMeta(TypedDict):
    """Beside a job that is polled."""

    poll_url: str


class Polled(TypedDict):
    """A job; one of the product family in its words too."""

    data: Job
    meta: PollMeta
    ok: NotRequired[bool]
    jobId: NotRequired[JobName]
    status: NotRequired[State]
    output: NotRequired[ProductOutput | None]
    presetLabel: NotRequired[str]
    marketplaces: NotRequired[dict[str, MarketplaceVerdict]]
    autofix: NotRequired[Autofix]
    batch: NotRequired[BatchCounts]


def add(blueprint: Blueprint, desk: Desk) -> None:
    """Register the routes of `/api/v1/jobs`."""
    box = desk.box

    @on(blueprint, "/api/v1/jobs", asks=JobsAsked, gives=Page[Job])
    def list_jobs() -> Response:
        """List the account's jobs, newest first."""
        actor = require(box, Scope.MGMT)
        limit, cursor = paging()
        page = reading.page(box, actor.account, _filter(), limit=limit, cursor=cursor)
        data = [job_data(show(box, job)) for job in page.jobs]
        return respond(Reply({"data": data, "meta": {"next_cursor": page.cursor}}))

    @on(blueprint, "/api/v1/jobs/<reference>", asks=JobAsked, gives={200: Polled, 304: None})
    def read_job(reference: str) -> Response:
        """Show a job; `wait` holds the answer until it has ended."""
        job = own_written(box, reference)
        seconds = _wait()
        if seconds and not job.state.final:
            job = desk.waiters.wait(job, seconds)
        return polled(box, job, partial(_polled, desk))

    @on(blueprint, "/api/v1/jobs/<reference>", "DELETE", gives=Polled, refuses=(Conflict,))
    def cancel_job(reference: str) -> Response:
        """Cancel a job: pending at once, running within one step."""
        job = own_job(box, reference)
        cancelled = steering.cancel(box, job.account, job.id)
        return respond(Reply(_polled(desk, show(box, cancelled))))


def _polled(desk: Desk, shown: Shown) -> dict[str, Any]:
    body: dict[str, Any] = {
        "data": job_data(shown),
        # Without the balance: it would change the ETag of a job that has not changed.
        "meta": {"poll_url": shown.poll_path},
    }
    family = desk.families.get(shown.job.family)
    return {**family.polled(shown), **body} if family and family.polled else body


def _wait() -> float:
    text = request.args.get("wait", "0")
    if not (text.isascii() and text.isdigit()):
        raise InvalidInput("wait must be a whole number of seconds.", field="wait")
    return min(int(text[:6]), _LONGEST_WAIT_S)


def _filter() -> reading.Filter:
    args = request.args
    state = args.get("status")
    if state is not None and state not in list(State):
        raise InvalidInput(f"status must be one of {', '.join(State)}.", field="status")
    since = args.get("since")
    try:
        moment = datetime.fromisoformat(since) if since else None
    except ValueError:
        raise InvalidInput("since must be an ISO 8601 time.", field="since") from None
    if moment is not None and moment.tzinfo is None:
        raise InvalidInput("since must name its time zone, such as a final Z.", field="since")
    return reading.Filter(State(state) if state else None, args.get("type"), None, moment)
