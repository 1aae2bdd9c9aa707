"""Delivering: what is due, one try at it, and what comes of that.

Nothing is claimed: there is one worker, and it knows what it has under way. So a delivery whose
worker was killed is due still, and is sent again under the same id.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from appliance import __version__
from appliance.adapters.database import Row, Transaction
from appliance.adapters.outbound import Unreachable
from appliance.core.clock import instant, micros
from appliance.core.errors import InvalidInput
from appliance.core.ids import JobId
from appliance.core.webhooks import Verdict, pause_s, signed_headers, verdict, wish_s
from appliance.services.box import Box
from appliance.services.webhooks import endpoints

_HEADERS = {
    "Content-Type": "application/json",
    "User-Agent": f"Studio-Appliance/{__version__}",
}


@dataclass(frozen=True)
class News:
    """What a receiver is told: in whose words, what happened when, to which job or else what."""

    family: str
    kind: str
    at: datetime
    job: JobId | None
    data: Mapping[str, Any]


Wording = Callable[[News], bytes]  # news as the body of a request


@dataclass(frozen=True)
class Due:
    """A delivery to be tried now. `secrets`: what it is signed with. `judged`: whether how it goes
    tells of its endpoint; a url that a job asked for does not.
    """

    id: str
    endpoint: str
    url: str | None
    news: News
    secrets: tuple[str, ...]
    judged: bool


@dataclass(frozen=True)
class Tried:
    """How a try went. `status`: None without an answer, and `error` says why. `ms`: what it took.
    `head`: the first 2 KB of the answer's body.
    """

    status: int | None
    ms: int
    head: str = ""
    error: str | None = None
    retry_after_s: float | None = None


def any_due(box: Box) -> bool:
    """Whether something is to be delivered now."""
    now = micros(box.clock.now())
    row = box.db.row(
        "SELECT 1 FROM delivery WHERE state = 'pending' AND due_at <= ? LIMIT 1", (now,)
    )
    return row is not None


def next_due(box: Box, busy: Collection[str]) -> Due | None:
    """The delivery that is due longest, of an endpoint that is not among the `busy`."""
    row = box.db.row(
        "SELECT d.id, d.endpoint, coalesce(d.url, e.url), d.family, d.kind, d.at, d.job, d.data,"
        " d.url IS NULL, e.secret, e.old_secret, e.old_until"
        " FROM delivery d JOIN endpoint e ON e.id = d.endpoint"
        " WHERE d.state = 'pending' AND d.due_at <= ?"
        " AND d.endpoint NOT IN (SELECT value FROM json_each(?)) ORDER BY d.due_at LIMIT 1",
        (micros(box.clock.now()), json.dumps([*busy])),
    )
    return _due(row, micros(box.clock.now())) if row else None


def _due(row: Row, now: int) -> Due:
    job = JobId(row[6]) if row[6] else None
    secret, old_secret, old_until = row[9:12]
    overlapping = old_secret is not None and now < old_until
    return Due(
        id=row[0],
        endpoint=row[1],
        url=row[2],
        news=News(row[3], row[4], instant(row[5]), job, json.loads(row[7])),
        judged=bool(row[8]),
        secrets=(secret, old_secret) if overlapping else (secret,),
    )


def send(box: Box, due: Due, worded: Wording) -> Tried:
    """One try: the signed body to the url, at most `webhooks.timeout_s`."""
    if due.url is None:
        return Tried(None, 0, error="Its url was taken away.")
    body = worded(due.news)
    signed = signed_headers(due.id, box.clock.now(), body, due.secrets)
    began = time.monotonic()
    try:
        answer = box.outside.post(
            due.url, body, {**_HEADERS, **signed}, timeout_s=box.settings.webhooks.timeout_s
        )
    except (InvalidInput, Unreachable) as error:
        return Tried(None, round((time.monotonic() - began) * 1000), error=error.message)
    wish = wish_s(answer.retry_after, box.clock.now())
    return Tried(answer.status, answer.ms, answer.head, retry_after_s=wish)


def record(box: Box, due: Due, tried: Tried) -> None:
    """Write down how a try went: delivered, to be tried again, or given up.

    An endpoint that is gone, or fails for `webhooks.disable_days`, is disabled.
    """
    said = verdict(tried.status)
    with box.db.transaction("delivery") as tx:
        row = tx.row(
            "UPDATE delivery SET tries = tries + 1 WHERE id = ? RETURNING tries, state", (due.id,)
        )
        if row is None:  # deleted since
            return
        _log(tx, box, due, tried)
        tries, state = row
        if said is Verdict.DELIVERED:
            _end(tx, box, due, "delivered")
        elif state == "pending":
            _plan_or_give_up(tx, box, due, tried, tries)
        if due.judged:
            _judge(tx, box, due, said)


def _log(tx: Transaction, box: Box, due: Due, tried: Tried) -> None:
    tx.run(
        "INSERT INTO attempt(delivery, at, status, ms, head, error) VALUES (?, ?, ?, ?, ?, ?)",
        (
            *(due.id, micros(box.clock.now())),
            *(tried.status, tried.ms, tried.head, tried.error),
        ),
    )


def _end(tx: Transaction, box: Box, due: Due, state: str) -> None:
    tx.run(
        "UPDATE delivery SET state = ?, ended_at = ? WHERE id = ?",
        (state, micros(box.clock.now()), due.id),
    )


def _plan_or_give_up(tx: Transaction, box: Box, due: Due, tried: Tried, tries: int) -> None:
    settings = box.settings.webhooks
    schedule = {
        "jobs": settings.jobs_retries_s,
        "studio": settings.studio_retries_s,
        "product": settings.product_retries_s,
    }[due.news.family]
    draw = random.random()  # noqa: S311  it spreads, it hides nothing
    pause = pause_s(schedule, tries, wish_s=tried.retry_after_s, draw=draw)
    if pause is None or verdict(tried.status) is Verdict.GONE:
        _end(tx, box, due, "failed")
        return
    at = micros(box.clock.now() + timedelta(seconds=pause))
    tx.run("UPDATE delivery SET due_at = ? WHERE id = ?", (at, due.id))


def _judge(tx: Transaction, box: Box, due: Due, said: Verdict) -> None:
    now = micros(box.clock.now())
    if said is Verdict.DELIVERED:
        tx.run("UPDATE endpoint SET failing_since = NULL WHERE id = ?", (due.endpoint,))
        return
    row = tx.row(
        "UPDATE endpoint SET failing_since = coalesce(failing_since, ?) WHERE id = ?"
        " RETURNING failing_since",
        (now, due.endpoint),
    )
    assert row is not None  # its delivery was there
    if said is Verdict.GONE:
        endpoints.disable_part(tx, box, due.endpoint, "It answered 410 Gone.")
        return
    days = box.settings.webhooks.disable_days
    given_up = tx.row("SELECT 1 FROM delivery WHERE id = ? AND state = 'failed'", (due.id,))
    if given_up and now - row[0] >= days * 86_400_000_000:
        reason = f"Every try of the last {days:g} days failed."
        endpoints.disable_part(tx, box, due.endpoint, reason)
