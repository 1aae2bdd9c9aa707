"""The log of an endpoint: what it was sent and how each try went, and sending again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial

from appliance.adapters.database import Row, Transaction
from appliance.adapters.queue import WEBHOOKS
from appliance.core.clock import instant, micros
from appliance.core.errors import Conflict, NotFound
from appliance.core.ids import AccountId, JobId, new_id
from appliance.core.webhooks import TEST
from appliance.services.box import Box


class DeliveryState(StrEnum):
    """How far a delivery is."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True)
class Attempt:
    """One try. `status`: None without an answer; `error` says why. `head`: of the answer's body."""

    at: datetime
    status: int | None
    ms: int
    head: str
    error: str | None


@dataclass(frozen=True)
class Delivery:
    """An event for an endpoint. `id` is the webhook-id of every try; `tries` since it was last
    asked for; `next_try_at` while it is pending.
    """

    id: str
    endpoint: str
    url: str | None
    event: str
    kind: str
    job: JobId | None
    at: datetime
    state: DeliveryState
    tries: int
    next_try_at: datetime | None
    attempts: tuple[Attempt, ...]


_SELECT = (
    "SELECT d.id, d.endpoint, coalesce(d.url, e.url), d.event, d.kind, d.job, d.at, d.state,"
    " d.tries, d.due_at, (SELECT json_group_array(json_array(at, status, ms, head, error))"
    " FROM (SELECT * FROM attempt a WHERE a.delivery = d.id ORDER BY a.id))"
    " FROM delivery d JOIN endpoint e ON e.id = d.endpoint WHERE e.account = ? AND e.id = ?"
)


def list_deliveries(
    box: Box, account: AccountId, endpoint: str, *, limit: int, cursor: str | None = None
) -> list[Delivery]:
    """What an endpoint of the account was sent, newest first, older than the delivery `cursor`."""
    rows = box.db.rows(
        f"{_SELECT} AND (? IS NULL OR d.id < ?) ORDER BY d.id DESC LIMIT ?",
        (account, endpoint, cursor, cursor, limit),
    )
    return [_view(row) for row in rows]


def find_delivery(box: Box, account: AccountId, endpoint: str, delivery: str) -> Delivery:
    """One of them. Raises NotFound, also for others' deliveries."""
    row = box.db.row(f"{_SELECT} AND d.id = ?", (account, endpoint, delivery))
    if row is None:
        raise NotFound(f"There is no delivery {delivery[:60]!r}.")
    return _view(row)


def send_test(box: Box, account: AccountId, endpoint: str) -> Delivery:
    """Send an endpoint an event that tells of nothing; it counts as any other.

    Raises NotFound, Conflict for an endpoint that is disabled or has no url.
    """
    delivery, now = new_id("msg"), micros(box.clock.now())
    with box.db.transaction() as tx:
        _check_open(tx, account, endpoint)
        tx.run(
            "INSERT INTO delivery(id, endpoint, family, event, kind, data, at, due_at)"
            " SELECT ?, id, family, ?, ?, ?, ?, ? FROM endpoint WHERE id = ?",
            (
                *(delivery, new_id("evt"), TEST, json.dumps({"webhook": endpoint})),
                *(now, now, endpoint),
            ),
        )
        tx.afterwards(partial(box.lanes.nudge, WEBHOOKS))
    return find_delivery(box, account, endpoint, delivery)


def redeliver(box: Box, account: AccountId, endpoint: str, delivery: str) -> Delivery:
    """Send once more, under the same id, and try as often as the first time.

    Raises NotFound, Conflict for an endpoint that is disabled or has no url.
    """
    find_delivery(box, account, endpoint, delivery)
    with box.db.transaction() as tx:
        row = tx.row(
            "UPDATE delivery SET state = 'pending', ended_at = NULL, tries = 0, due_at = ?"
            " WHERE id = ? RETURNING url",
            (micros(box.clock.now()), delivery),
        )
        if row is None or row[0] is None:  # it goes to the endpoint's own url
            _check_open(tx, account, endpoint)
        tx.afterwards(partial(box.lanes.nudge, WEBHOOKS))
    return find_delivery(box, account, endpoint, delivery)


def give_up_part(tx: Transaction, box: Box, endpoint: str) -> None:
    """Let what is on its way to an endpoint's own url fail."""
    tx.run(
        "UPDATE delivery SET state = 'failed', ended_at = ?"
        " WHERE endpoint = ? AND state = 'pending' AND url IS NULL",
        (micros(box.clock.now()), endpoint),
    )


def _check_open(tx: Transaction, account: AccountId, endpoint: str) -> None:
    row = tx.row(
        "SELECT status, url FROM endpoint WHERE account = ? AND id = ?", (account, endpoint)
    )
    if row is None:
        raise NotFound(f"There is no webhook {endpoint[:60]!r}.")
    status, url = row
    if url is None:
        raise Conflict("This webhook has no url; set webhookUrl in /api/settings.")
    if status != "active":
        raise Conflict('This webhook is disabled; set its status to "active" first.')


def _view(row: Row) -> Delivery:
    state = DeliveryState(row[7])
    return Delivery(
        id=row[0],
        endpoint=row[1],
        url=row[2],
        event=row[3],
        kind=row[4],
        job=JobId(row[5]) if row[5] else None,
        at=instant(row[6]),
        state=state,
        tries=row[8],
        next_try_at=instant(row[9]) if state is DeliveryState.PENDING else None,
        attempts=tuple(
            Attempt(instant(at), status, ms, head, error)
            for at, status, ms, head, error in json.loads(row[10])
        ),
    )
