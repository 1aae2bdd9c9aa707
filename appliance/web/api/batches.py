"""Batches: many pictures in one request; each is told as it stands."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any

from flask import Response
from flask_smorest import Blueprint

from appliance.core.errors import InvalidInput, NotFound
from appliance.core.jobs import JobView
from appliance.core.money import usd
from appliance.core.params import Help, Length, Range
from appliance.services.jobs import batches, reading
from appliance.web.batching import BatchCounter, batch_form
from appliance.web.body import read_query
from appliance.web.families.family import Desk
from appliance.web.families.product.envelope import batch_item, polled
from appliance.web.families.product.routes import JOBS
from appliance.web.families.product.shapes import BatchReply
from appliance.web.jobs_of import own_job
from appliance.web.reply import Reply, respond
from appliance.web.routing import on
from appliance.web.showing import show
from appliance.web.submitting import add_counter

PATH = "/api/v1/batch"


@dataclass(frozen=True)
class Stretch:
    """Which of a batch's files."""

    limit: Annotated[int, Help("How many files at most"), Range(1, 100)] = 50
    cursor: Annotated[str | None, Help("From nextCursor"), Length(1, 9)] = None


@dataclass(frozen=True, kw_only=True)
class BatchAsked(Stretch):
    """Which batch, and which of its files."""

    reference: Annotated[str, Help("The batch's job by id, UUID or number"), Length(1, 100)]


def add(blueprint: Blueprint, desk: Desk) -> None:
    """Register the routes of `/api/v1/batch`."""
    one = desk.counters[JOBS]
    row = replace(
        one.row,
        path=PATH,
        type="batch",
        price=f"{one.family.name}.batch",
        summary="Work on many pictures: a job for each, one archive at the end",
    )
    add_counter(blueprint, BatchCounter(desk, one.family, row, batch_form(one.form), each=one.form))

    @on(blueprint, f"{PATH}/<reference>", asks=BatchAsked, gives=BatchReply)
    def read_batch(reference: str) -> Response:
        """Show a batch, and its files in the order they were sent."""
        job = own_job(desk.box, reference)
        if not job.items:
            raise NotFound(f"There is no batch {reference[:60]!r}.")
        return respond(Reply(_page(desk, job)))


def _page(desk: Desk, job: JobView) -> dict[str, Any]:
    box, asked = desk.box, read_query(Stretch)
    start = _start(asked.cursor)
    items = batches.items(box, job.id, start=start, limit=asked.limit)
    children = reading.several(box, {item.job for item in items if item.job})
    credit = usd(box.settings.billing.credit_usd)
    told = [
        batch_item(item, show(box, children[item.job]) if item.job else None, credit)
        for item in items
    ]
    ends = start + len(items)
    return {
        **polled(show(box, job)),
        "progress": job.progress,
        "items": told,
        "nextCursor": str(ends) if ends < job.items else None,
    }


def _start(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdigit()):
        raise InvalidInput("cursor must be one that a batch gave.", field="cursor")
    return int(cursor)
