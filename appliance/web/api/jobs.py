"""Jobs: listed, polled, watched, cancelled."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import datetime
from itertools import chain
from typing import Any

from flask import Response, request, stream_with_context
from flask_smorest import Blueprint

from appliance.core.errors import InvalidInput, RateLimited
from appliance.core.jobs import JobView, State
from appliance.core.scopes import Scope
from appliance.services.jobs import reading, steering
from appliance.web.actor import require
from appliance.web.families.family import Desk
from appliance.web.families.jobs.envelope import job_data
from appliance.web.jobs_of import own_job, paging
from appliance.web.reply import Reply, respond
from appliance.web.routing import on
from appliance.web.showing import show

_LONGEST_WAIT_S = 60
_KEEP_ALIVE_S = 15.0


def add(blueprint: Blueprint, desk: Desk) -> None:
    """Register the routes of `/api/v1/jobs`."""
    _add_events(blueprint, desk)
    box = desk.box

    @on(blueprint, "/api/v1/jobs")
    def list_jobs() -> Response:
        """List the account's jobs, newest first."""
        actor = require(box, Scope.MGMT)
        limit, cursor = paging()
        page = reading.page(box, actor.account, _filter(), limit=limit, cursor=cursor)
        data = [job_data(show(box, job)) for job in page.jobs]
        return respond(Reply({"data": data, "meta": {"next_cursor": page.cursor}}))

    @on(blueprint, "/api/v1/jobs/<reference>")
    def read_job(reference: str) -> Response:
        """Show a job; `wait` holds the answer until it has ended."""
        job = own_job(box, reference)
        seconds = _wait()
        if seconds and not job.state.final:
            job = desk.waiters.wait(job, seconds)
        response = respond(Reply(_polled(desk, job)))
        response.headers["Cache-Control"] = "private, no-cache"
        response.add_etag()
        response.make_conditional(request)
        return response

    @on(blueprint, "/api/v1/jobs/<reference>", "DELETE")
    def cancel_job(reference: str) -> Response:
        """Cancel a job: pending at once, running within one step."""
        job = own_job(box, reference)
        return respond(Reply(_polled(desk, steering.cancel(box, job.account, job.id))))


def _add_events(blueprint: Blueprint, desk: Desk) -> None:
    @on(blueprint, "/api/v1/jobs/<reference>/events")
    def watch_job(reference: str) -> Response:
        """Stream what happens to a job as Server-Sent Events."""
        job = own_job(desk.box, reference)
        frames = _frames(desk, job)
        first = next(frames, "")
        if not first:
            raise RateLimited("All places for waiting and watching are taken.", retry_after_s=5)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        stream = stream_with_context(chain([first], frames))
        return Response(stream, mimetype="text/event-stream", headers=headers)


def _polled(desk: Desk, job: JobView) -> dict[str, Any]:
    shown = show(desk.box, job)
    body: dict[str, Any] = {
        "data": job_data(shown),
        "meta": {"poll_url": shown.poll_path, "credits_remaining": shown.credits_remaining},
    }
    family = desk.families.get(job.family)
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


def _frames(desk: Desk, job: JobView) -> Iterator[str]:
    """The stream: the state as it is now, then each change; empty if no place is free."""
    box, number = desk.box, 0
    last: list[tuple[str, str]] = []
    with desk.waiters.place(job.id) as changed:
        if changed is None:
            return
        while (not job.state.final or number == 0) and not desk.waiters.leaving:
            job = reading.job_by_id(box, job.id)
            fresh = [event for event in _events(desk, job) if event not in last]
            last = fresh or last
            for name, data in fresh:
                number += 1
                yield f"id: {job.attempt}-{number}\nevent: {name}\ndata: {data}\n\n"
            if not job.state.final and not changed.wait(_KEEP_ALIVE_S):
                yield ": still here\n\n"
            changed.clear()


def _events(desk: Desk, job: JobView) -> list[tuple[str, str]]:
    if job.state is State.PENDING:
        return [("queued", json.dumps({"position": job.position, "eta_s": job.eta_s}))]
    if job.state.final:
        return [(job.state.value, json.dumps(_polled(desk, job)["data"]))]
    step = job.live
    if step is None:
        return [("progress", json.dumps({"progress": 0.0, "eta_s": job.eta_s}))]
    if step.phase == "loading_model":
        return [("loading_model", json.dumps({"model": job.resolved_model}))]
    counted = {"step": step.step, "steps": step.steps} if step.steps else {}
    facts = {"progress": job.progress, **counted, "eta_s": job.eta_s}
    found = [("progress", json.dumps(facts))]
    if step.preview:
        picture = base64.b64encode(step.preview).decode()
        found.insert(0, ("preview", json.dumps({"image": f"data:image/jpeg;base64,{picture}"})))
    return found
