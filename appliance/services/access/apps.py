"""Apps: groups of an account's keys, with limits and a quota for all of them together."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime

from appliance.adapters.database import Row
from appliance.core.clock import instant, micros
from appliance.core.errors import NotFound
from appliance.core.ids import AccountId, AppId, new_id
from appliance.core.limits import Limits, Quota
from appliance.services.box import Box


@dataclass(frozen=True)
class App:
    """A group of keys. `keys`: how many of them were not revoked."""

    id: AppId
    name: str
    limits: Limits
    quota: Quota
    keys: int
    created_at: datetime


@dataclass(frozen=True)
class AppWish:
    """An app to be made."""

    name: str
    limits: Limits = field(default_factory=dict)
    quota: Quota = field(default_factory=dict)


@dataclass(frozen=True)
class AppChange:
    """What to change of an app; None leaves it. Limits and quota are replaced whole."""

    name: str | None = None
    limits: Limits | None = None
    quota: Quota | None = None


def create_app(box: Box, account: AccountId, wish: AppWish) -> App:
    """A new app without keys; a key names it when it is made."""
    app = AppId(new_id("app"))
    with box.db.transaction() as tx:
        tx.run(
            "INSERT INTO app(id, account, name, limits, quota, created_at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (
                *(app, account, wish.name, json.dumps(dict(wish.limits))),
                *(json.dumps(dict(wish.quota)), micros(box.clock.now())),
            ),
        )
    return find_app(box, account, app)


def find_app(box: Box, account: AccountId, app: str) -> App:
    """The account's app. Raises NotFound, also for others' apps."""
    row = box.db.row(f"{_SELECT} AND id = ?", (account, app))
    if row is None:
        raise _absent(app)
    return _view(row)


def list_apps(
    box: Box, account: AccountId, *, limit: int = -1, cursor: str | None = None
) -> list[App]:
    """The account's apps, newest first: `limit` of them (-1: all), older than the app `cursor`."""
    rows = box.db.rows(
        f"{_SELECT} AND (? IS NULL OR id < ?) ORDER BY id DESC LIMIT ?",
        (account, cursor, cursor, limit),
    )
    return [_view(row) for row in rows]


def change_app(box: Box, account: AccountId, app: str, change: AppChange) -> App:
    """Change an app; its keys meet that at the next request. Raises NotFound."""
    limits, quota = (
        None if each is None else json.dumps(dict(each)) for each in (change.limits, change.quota)
    )
    with box.db.transaction() as tx:
        changed = tx.run(
            "UPDATE app SET name = coalesce(?, name), limits = coalesce(?, limits),"
            " quota = coalesce(?, quota) WHERE account = ? AND id = ?",
            (change.name, limits, quota, account, app),
        )
    if not changed:
        raise _absent(app)
    return find_app(box, account, app)


def delete_app(box: Box, account: AccountId, app: str) -> None:
    """Delete an app and revoke its keys: without it they would be free of its limits.

    Raises NotFound.
    """
    with box.db.transaction() as tx:
        tx.run(
            "UPDATE api_key SET revoked_at = ? WHERE account = ? AND app = ?"
            " AND revoked_at IS NULL",
            (micros(box.clock.now()), account, app),
        )
        if not tx.run("DELETE FROM app WHERE account = ? AND id = ?", (account, app)):
            raise _absent(app)


_SELECT = (
    "SELECT id, name, limits, quota, created_at, (SELECT count(*) FROM api_key k"
    " WHERE k.app = app.id AND k.revoked_at IS NULL) FROM app WHERE account = ?"
)


def _view(row: Row) -> App:
    return App(
        id=AppId(row[0]),
        name=row[1],
        limits=json.loads(row[2]),
        quota=json.loads(row[3]),
        keys=row[5],
        created_at=instant(row[4]),
    )


def _absent(app: str) -> NotFound:
    return NotFound(f"There is no app {app[:60]!r}.")
