"""Endpoints: who is told of what, at which address, signed with which secret."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from appliance.adapters.database import Row, Transaction
from appliance.core.clock import instant, micros
from appliance.core.errors import Conflict, NotFound
from appliance.core.ids import AccountId, new_id
from appliance.core.jobs import Environment
from appliance.core.webhooks import DISABLED, EVENTS, ROTATION, Filter, new_secret
from appliance.services import events
from appliance.services.box import Box
from appliance.services.webhooks import log


class Status(StrEnum):
    """Whether an endpoint is told anything."""

    ACTIVE = "active"
    DISABLED = "disabled"


@dataclass(frozen=True)
class Endpoint:
    """A receiver. `family`: in whose words it is told. `url` is None only for the account's own
    endpoint, whose secret signs what jobs ask for themselves. `reason`: why it is disabled.
    `failing_since`: every try since then failed. `old_until`: a rotated secret signs till then.
    """

    id: str
    family: str
    url: str | None
    events: tuple[str, ...]
    filter: Filter
    description: str
    status: Status
    reason: str | None
    failing_since: datetime | None
    old_until: datetime | None
    created_at: datetime


@dataclass(frozen=True)
class Made:
    """An endpoint with its fresh secret, which is shown this once."""

    endpoint: Endpoint
    secret: str


@dataclass(frozen=True)
class EndpointWish:
    """An endpoint to be made."""

    url: str
    events: tuple[str, ...] = EVENTS
    filter: Filter = field(default_factory=dict)
    description: str = ""


@dataclass(frozen=True)
class EndpointChange:
    """What to change of an endpoint; None leaves it."""

    url: str | None = None
    events: tuple[str, ...] | None = None
    filter: Filter | None = None
    description: str | None = None
    status: Status | None = None


_COLUMNS = (
    "id, family, url, events, filter, description, status, reason, failing_since, old_until,"
    " created_at"
)
_SELECT = f"SELECT {_COLUMNS} FROM endpoint WHERE account = ?"  # noqa: S608  our own names


def create_endpoint(box: Box, account: AccountId, wish: EndpointWish) -> Made:
    """A new endpoint, told in the jobs family's words.

    Raises InvalidInput for a url that may not be asked, Conflict when the account has as many
    endpoints as it may.
    """
    box.outside.check(wish.url)
    endpoint, secret = new_id("wh"), new_secret()
    most = box.settings.webhooks.endpoints
    with box.db.transaction() as tx:
        row = tx.row(
            "SELECT count(*) FROM endpoint WHERE account = ? AND family = 'jobs'", (account,)
        )
        if row and row[0] >= most:
            raise Conflict(f"The account has {most} webhooks, as many as it may; delete one first.")
        tx.run(
            "INSERT INTO endpoint(id, account, family, url, events, filter, description, secret,"
            " shown, created_at) VALUES (?, ?, 'jobs', ?, ?, ?, ?, ?, 1, ?)",
            (
                *(endpoint, account, wish.url, json.dumps(wish.events), _written(wish.filter)),
                *(wish.description, secret, micros(box.clock.now())),
            ),
        )
    return Made(find_endpoint(box, account, endpoint), secret)


def find_endpoint(box: Box, account: AccountId, endpoint: str) -> Endpoint:
    """The account's endpoint. Raises NotFound, also for others' endpoints."""
    row = box.db.row(f"{_SELECT} AND id = ?", (account, endpoint))
    if row is None:
        raise _absent(endpoint)
    return _view(row)


def list_endpoints(
    box: Box, account: AccountId, *, limit: int = -1, cursor: str | None = None
) -> list[Endpoint]:
    """The account's endpoints, newest first: `limit` of them (-1: all), older than `cursor`."""
    rows = box.db.rows(
        f"{_SELECT} AND (? IS NULL OR id < ?) ORDER BY id DESC LIMIT ?",
        (account, cursor, cursor, limit),
    )
    return [_view(row) for row in rows]


def change_endpoint(
    box: Box, account: AccountId, endpoint: str, change: EndpointChange
) -> Endpoint:
    """Change an endpoint; made active or given another url, its failures are forgotten.

    Raises NotFound, InvalidInput for a url that may not be asked.
    """
    if change.url is not None:
        box.outside.check(change.url)
    with box.db.transaction() as tx:
        changed = tx.run(
            "UPDATE endpoint SET url = coalesce(:url, url), events = coalesce(:events, events),"
            " filter = coalesce(:filter, filter),"
            " description = coalesce(:description, description)"
            " WHERE account = :account AND id = :id",
            {
                "url": change.url,
                "events": None if change.events is None else json.dumps(change.events),
                "filter": None if change.filter is None else _written(change.filter),
                "description": change.description,
                "account": account,
                "id": endpoint,
            },
        )
        if not changed:
            raise _absent(endpoint)
        if change.status is Status.DISABLED:
            _switch_off(tx, box, endpoint, "Its owner disabled it.")
        elif change.status is Status.ACTIVE or change.url is not None:
            _forget_failures(tx, endpoint, activate=change.status is Status.ACTIVE)
    return find_endpoint(box, account, endpoint)


def delete_endpoint(box: Box, account: AccountId, endpoint: str) -> None:
    """Delete an endpoint with its secret and its log. Raises NotFound."""
    with box.db.transaction() as tx:
        if not tx.run("DELETE FROM endpoint WHERE account = ? AND id = ?", (account, endpoint)):
            raise _absent(endpoint)


def rotate_secret(box: Box, account: AccountId, endpoint: str) -> Made:
    """Give an endpoint another secret; for a day deliveries are signed with both.

    Raises NotFound.
    """
    secret = new_secret()
    with box.db.transaction() as tx:
        changed = tx.run(
            "UPDATE endpoint SET old_secret = secret, old_until = ?, secret = ?, shown = 1"
            " WHERE account = ? AND id = ?",
            (micros(box.clock.now() + ROTATION), secret, account, endpoint),
        )
    if not changed:
        raise _absent(endpoint)
    return Made(find_endpoint(box, account, endpoint), secret)


def disable_part(tx: Transaction, box: Box, endpoint: str, reason: str) -> None:
    """Disable an endpoint that failed too long, and record the event that tells its owner."""
    row = tx.row(
        "SELECT account, url FROM endpoint WHERE id = ? AND status = 'active'", (endpoint,)
    )
    if row is None:
        return
    _switch_off(tx, box, endpoint, reason)
    data = {"webhook": endpoint, "url": row[1], "reason": reason}
    events.record(tx, box, row[0], Environment.LIVE, DISABLED, data=data)


def _switch_off(tx: Transaction, box: Box, endpoint: str, reason: str) -> None:
    tx.run("UPDATE endpoint SET status = 'disabled', reason = ? WHERE id = ?", (reason, endpoint))
    log.give_up_part(tx, box, endpoint)


def _forget_failures(tx: Transaction, endpoint: str, *, activate: bool) -> None:
    tx.run("UPDATE endpoint SET failing_since = NULL WHERE id = ?", (endpoint,))
    if activate:
        tx.run("UPDATE endpoint SET status = 'active', reason = NULL WHERE id = ?", (endpoint,))


def _written(wanted: Mapping[str, Sequence[str]]) -> str:
    return json.dumps({name: list(values) for name, values in wanted.items()})


def _view(row: Row) -> Endpoint:
    return Endpoint(
        id=row[0],
        family=row[1],
        url=row[2],
        events=tuple(json.loads(row[3])),
        filter=json.loads(row[4]),
        description=row[5],
        status=Status(row[6]),
        reason=row[7],
        failing_since=instant(row[8]) if row[8] else None,
        old_until=instant(row[9]) if row[9] else None,
        created_at=instant(row[10]),
    )


def _absent(endpoint: str) -> NotFound:
    return NotFound(f"There is no webhook {endpoint[:60]!r}.")
