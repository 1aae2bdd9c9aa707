"""Watching: the stream of a job, and what happens on the account, as a stream or page by page."""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, TypedDict

from flask import Response, request
from flask_smorest import Blueprint

from appliance.core.clock import iso
from appliance.core.errors import InvalidInput
from appliance.core.jobs import Actor, JobView
from appliance.core.params import Help, Length, Range
from appliance.core.scopes import Scope
from appliance.services import events
from appliance.services.box import Box
from appliance.services.events import Event
from appliance.services.jobs import reading
from appliance.web import telling
from appliance.web.actor import require
from appliance.web.body import read_query
from appliance.web.families.family import Desk
from appliance.web.families.jobs.envelope import job_data
from appliance.web.jobs_of import own_written
from appliance.web.reply import Reply, respond
from appliance.web.routing import on
from appliance.web.shapes import Is, Moment
from appliance.web.showing import show
from appliance.web.streaming import KIND, frame, streamed

_BATCH = 100  # rows read at once while a stream catches up
_LARGEST = 2**53


@dataclass(frozen=True)
class Watched:
    """Which job to watch."""

    reference: Annotated[str, Help("The job by id, UUID or number"), Length(1, 100)]


@dataclass(frozen=True)
class EventsAsked:
    """The query of the account's events."""

    after: Annotated[
        int | None,
        Help("Only what came after this event; 0 for all that is kept"),
        Range(0, _LARGEST),
    ] = None
    limit: Annotated[int, Help("How many at most, where it is no stream"), Range(1, 100)] = 50


class EventShown(TypedDict):
    """Something that happened."""

    id: Annotated[str, Is(pattern="^evt_[0-9A-Z]{26}$")]
    type: Annotated[str, "`job.completed`, `credits.low` …"]
    timestamp: Moment
    data: Annotated[dict[str, Any], "The job as it is now, or what else there is to say"]


class EventsMeta(TypedDict):
    """Where the events go on."""

    after: Annotated[int, "Ask for it as `after`"]
    more: Annotated[bool, "There are more already"]


class EventsPage(TypedDict):
    """Some of the account's events, oldest first."""

    data: list[EventShown]
    meta: EventsMeta


def add(blueprint: Blueprint, desk: Desk) -> None:
    """Register `/api/v1/events` and `/api/v1/jobs/{id}/events`."""
    path = "/api/v1/jobs/<reference>/events"

    @on(blueprint, path, asks=Watched, gives={200: KIND, 204: None})
    def watch_job(reference: str) -> Response:
        """Stream what happens to a job as Server-Sent Events."""
        job = own_written(desk.box, reference)
        told = telling.read_told(request.headers.get("Last-Event-ID", ""))
        if telling.all_told(job, told):
            return Response(status=204)  # a browser's EventSource stops asking
        return _job_stream(desk, job, told)

    @on(blueprint, "/api/v1/events", asks=EventsAsked, gives=(EventsPage, KIND))
    def watch_account() -> Response:
        """Stream what happens on the account as Server-Sent Events; without
        `Accept: text/event-stream`, list it.
        """
        actor = require(desk.box, Scope.MGMT)
        asked = read_query(EventsAsked)
        position = _position(desk.box, asked.after)
        accepted = request.accept_mimetypes.best_match(("application/json", KIND))
        if accepted == KIND:
            return _account_stream(desk, actor, position)
        return respond(_listed(desk.box, actor, position, asked.limit))


def _job_stream(desk: Desk, job: JobView, told: telling.Told) -> Response:
    def tell() -> Generator[str, None, bool]:
        nonlocal told
        now = reading.job_by_id(desk.box, job.id)
        if now.state.final:
            yield frame(*telling.end(now, job_data(show(desk.box, now))))
            return True
        for so_far, name, data in telling.news(now, told):
            told = so_far
            yield frame(told, name, data)
        return False

    return streamed(desk, job.id, ": listening\n\n", tell)


def _account_stream(desk: Desk, actor: Actor, position: int | None) -> Response:
    box = desk.box
    after = events.newest(box) if position is None else position

    def tell() -> Generator[str, None, bool]:
        nonlocal after
        while not desk.waiters.leaving and (page := events.following(box, actor, after, _BATCH)):
            for event, shown in zip(page, _shown(box, page), strict=True):
                after = event.seq
                yield frame(after, event.kind, json.dumps(shown))
        return False

    # An id without an event: whoever is cut off before the first one still knows where to go on.
    return streamed(desk, actor.account, f"id: {after}\n\n", tell)


def _listed(box: Box, actor: Actor, position: int | None, limit: int) -> Reply:
    newest = events.newest(box)  # before the page: it leaves out nothing up to there
    if position is None:
        page, more = events.latest(box, actor, limit), False
    else:
        found = events.following(box, actor, position, limit + 1)
        page, more = found[:limit], len(found) > limit
    after = page[-1].seq if page else newest
    return Reply({"data": list(_shown(box, page)), "meta": {"after": after, "more": more}})


def _shown(box: Box, page: list[Event]) -> Iterator[dict[str, Any]]:
    jobs = reading.several(box, {event.job for event in page if event.job})
    data = {job: job_data(show(box, view)) for job, view in jobs.items()}
    for event in page:
        yield {
            "id": event.id,
            "type": event.kind,
            "timestamp": iso(event.at),
            "data": data[event.job] if event.job else dict(event.data),
        }


def _position(box: Box, after: int | None) -> int | None:
    """Up to which event the caller knows all; None if it does not say. Raises InvalidInput."""
    # The header first: a browser that connects again sends it with the address it began with.
    text = request.headers.get("Last-Event-ID")
    if text:
        if not re.fullmatch(r"[0-9]{1,18}", text):
            raise InvalidInput("Last-Event-ID must be the id of an event, a whole number.")
        after = int(text)
    # Beyond the newest: the box was put back to a backup, and its numbers begin anew from there.
    return None if after is None else min(after, events.newest(box))
