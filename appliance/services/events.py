"""Events: what happened on an account, in the order it happened, for streams and webhooks.

An event is a row of the same transaction as what it tells: neither is there without the other.
SQLite writes one transaction at a time, so `seq` grows in the order of commits, and whoever has
read up to one has missed nothing before it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from appliance.adapters.database import Row, Transaction
from appliance.core.clock import instant, micros
from appliance.core.ids import AccountId, JobId, new_id
from appliance.core.jobs import Actor, Environment
from appliance.services import listeners
from appliance.services.box import Box

_COLUMNS = "seq, id, kind, job, data, at"


@dataclass(frozen=True)
class Event:
    """Something that happened. `seq` places it among all events of the box."""

    seq: int
    id: str
    kind: str
    job: JobId | None
    data: Mapping[str, Any]
    at: datetime


def record(  # noqa: PLR0913  an event is whose, which, about what
    tx: Transaction,
    box: Box,
    account: AccountId,
    environment: Environment,
    kind: str,
    *,
    job: JobId | None = None,
    data: Mapping[str, Any] | None = None,
) -> None:
    """Write an event down, in the caller's transaction. `kind`: job.completed, credits.low and so
    on; `data`: what to tell where there is no job.
    """
    event = new_id("evt")
    tx.run(
        "INSERT INTO event(id, account, environment, kind, job, data, at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            event,
            account,
            environment,
            kind,
            job,
            json.dumps(dict(data or {})),
            micros(box.clock.now()),
        ),
    )
    listeners.tell(tx, box, event, kind)


def record_state(tx: Transaction, box: Box, job: JobId) -> None:
    """Write down that a job is in another state, in the transaction that brought it there."""
    row = tx.row(
        "INSERT INTO event(id, account, environment, kind, job, at)"
        " SELECT ?, account, environment, 'job.' || state, id, ? FROM job WHERE id = ?"
        " RETURNING id, kind",
        (new_id("evt"), micros(box.clock.now()), job),
    )
    if row is not None:
        listeners.tell(tx, box, *row)


def newest(box: Box) -> int:
    """The `seq` of the box's newest event; 0 before the first."""
    row = box.db.row("SELECT max(seq) FROM event")
    return row[0] or 0 if row else 0


def since(box: Box, after: int) -> list[tuple[int, AccountId, JobId | None]]:
    """All events of the box after `after`, in order: seq, account, job."""
    return [
        (row[0], AccountId(row[1]), row[2] and JobId(row[2]))
        for row in box.db.rows(
            "SELECT seq, account, job FROM event WHERE seq > ? ORDER BY seq", (after,)
        )
    ]


def following(box: Box, actor: Actor, after: int, limit: int) -> list[Event]:
    """The first `limit` events after `after` that a key may see: its account's, of its balance."""
    rows = box.db.rows(
        f"SELECT {_COLUMNS} FROM event WHERE account = ? AND environment = ? AND seq > ?"  # noqa: S608  our own names
        " ORDER BY seq LIMIT ?",
        (actor.account, actor.environment, after, limit),
    )
    return [_event(row) for row in rows]


def latest(box: Box, actor: Actor, limit: int) -> list[Event]:
    """The last `limit` events that a key may see, oldest first."""
    rows = box.db.rows(
        f"SELECT {_COLUMNS} FROM event WHERE account = ? AND environment = ?"  # noqa: S608  our own names
        " ORDER BY seq DESC LIMIT ?",
        (actor.account, actor.environment, limit),
    )
    return [_event(row) for row in reversed(rows)]


def _event(row: Row) -> Event:
    return Event(row[0], row[1], row[2], row[3], json.loads(row[4]), instant(row[5]))
