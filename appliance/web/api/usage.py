"""What was used: `GET /api/v1/usage`, by day, key, operation or model, as JSON or CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, NotRequired, TypedDict

from flask import Response
from flask_smorest import Blueprint

from appliance.core.clock import iso
from appliance.core.errors import InvalidInput
from appliance.core.params import Choice, Help, Length, Pattern
from appliance.core.scopes import Scope
from appliance.services.box import Box
from appliance.services.money import pricing
from appliance.services.money.report import Group, Period, Used, used
from appliance.services.money.usage import month_start
from appliance.web.actor import require
from appliance.web.body import read_query
from appliance.web.families.family import Desk
from appliance.web.reply import Reply, csv_file, respond
from appliance.web.routing import on
from appliance.web.shapes import Is, Moment, Usd

_LONGEST = timedelta(days=366)
_WORDS = "|".join(Group)


@dataclass(frozen=True)
class Question:
    """What is asked of the usage."""

    group_by: Annotated[
        str,
        Help("What to put together, with commas between"),
        Pattern(rf"({_WORDS})(,({_WORDS}))*", f"of {', '.join(Group)}, with commas between"),
    ] = "day"
    format: Annotated[str, Help("json, or csv as a file"), Choice(("json", "csv"))] = "json"
    since: Annotated[
        str | None, Help("ISO 8601, or a day; without it the first of this month"), Length(1, 40)
    ] = None
    until: Annotated[str | None, Help("The same; without it now"), Length(1, 40)] = None


class UsageRow(TypedDict):
    """The ended jobs of one group: of `group_by`, what was asked for."""

    day: NotRequired[Annotated[str, Is(format="date")]]
    key: NotRequired[str | None]
    operation: NotRequired[str]
    model: NotRequired[str | None]
    jobs: int
    completed: int
    failed: int
    cancelled: int
    seconds: Annotated[float, "Of work"]
    credits: float
    usd: Annotated[Usd, "Charged and not refunded"]


class UsageMeta(TypedDict):
    """What the rows are of."""

    group_by: list[Group]
    since: Moment
    until: Moment


class Usage(TypedDict):
    """The account's usage, of the balance its key moves."""

    data: list[UsageRow]
    meta: UsageMeta


def add(blueprint: Blueprint, desk: Desk) -> None:
    """Register `/api/v1/usage`."""
    box = desk.box

    @on(blueprint, "/api/v1/usage", asks=Question, gives=(Usage, "text/csv"))
    def usage() -> Response:
        """Show what the jobs that ended came to, by day, key, operation or model."""
        actor = require(box, Scope.MGMT)
        asked = read_query(Question)
        by = tuple(dict.fromkeys(Group(word) for word in asked.group_by.split(",")))
        period = _period(box, asked)
        rows = [_row(box, each) for each in used(box, actor.account, actor.environment, period, by)]
        if asked.format == "csv":
            return csv_file(_lines(by, rows), "usage")
        meta = {"group_by": by, "since": iso(period.since), "until": iso(period.until)}
        return respond(Reply({"data": rows, "meta": meta}))


def _period(box: Box, asked: Question) -> Period:
    until = _moment(asked.until, "until") if asked.until else box.clock.now()
    since = _moment(asked.since, "since") if asked.since else month_start(until)
    if not since <= until or until - since > _LONGEST:
        raise InvalidInput(
            f"since must lie before until, and at most {_LONGEST.days} days.", field="since"
        )
    return Period(since, until)


def _moment(text: str, field: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        in_utc = moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidInput(f"{field} must be a day or an ISO 8601 time.", field=field) from None
    if moment.tzinfo is None and len(text) > len("2026-01-31"):
        raise InvalidInput(f"{field} must name its time zone, such as a final Z.", field=field)
    return in_utc


def _row(box: Box, each: Used) -> dict[str, Any]:
    return {
        **{group.value: value for group, value in each.group.items()},
        "jobs": each.jobs,
        "completed": each.completed,
        "failed": each.failed,
        "cancelled": each.cancelled,
        "seconds": each.seconds,
        "credits": pricing.in_credits(box, each.cost),
        "usd": each.cost.usd(),
    }


_SUMS = ("jobs", "completed", "failed", "cancelled", "seconds", "credits", "usd")


def _lines(by: Sequence[Group], rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    # The headings of a table without rows too.
    for cells in ((*by, *_SUMS), *(row.values() for row in rows)):
        line = io.StringIO()
        csv.writer(line).writerow(cells)
        yield line.getvalue()
