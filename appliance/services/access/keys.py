"""API keys: made, shown once, listed, rotated, revoked."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from appliance.adapters.database import Row, Transaction
from appliance.core import signing
from appliance.core.clock import instant, micros
from appliance.core.errors import Conflict, InvalidInput, NotFound
from appliance.core.ids import AccountId, AppId, KeyId, new_id
from appliance.core.jobs import Actor, Environment
from appliance.core.limits import Limits, Quota
from appliance.core.scopes import Scope
from appliance.services.access import plans
from appliance.services.access.wishes import KeyWish, check_within, granted
from appliance.services.box import Box

_LARGEST_NUMBER = 5


class KeyStatus(StrEnum):
    """Where a key stands. Rotating: it has a successor and works until it expires."""

    ACTIVE = "active"
    ROTATING = "rotating"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True)
class KeyView:
    """A key as it may be shown: never the key itself."""

    id: KeyId
    name: str
    hint: str
    status: KeyStatus
    environment: Environment
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    tools: tuple[str, ...] | None
    quota: Quota
    limits: Limits
    app: AppId | None


@dataclass(frozen=True)
class NewKey:
    """A key just made; `secret` is shown this once."""

    id: KeyId
    name: str
    secret: str


def create_key(
    box: Box, account: AccountId, wish: KeyWish, *, maker: Actor | None = None
) -> NewKey:
    """Make a key. Raises InvalidInput when the account has five active ones or its end is past,
    NotFound for an app that is not the account's, Forbidden where the maker's plan has no keys by
    API, and what `granted` raises for what the maker lacks.
    """
    if maker is not None and maker.key is not None:
        plans.check_keys_by_api(box, maker)
    with box.db.transaction() as tx:
        wish = granted(wish, maker, _ends(tx, maker))
        if wish.expires_at is not None and wish.expires_at <= box.clock.now():
            raise InvalidInput("expiresAt must lie ahead.", field="expiresAt")
        _check_app(tx, account, wish.app)
        _check_number(tx, box, account)
        return _insert(tx, box, account, wish)


def rotate_key(
    box: Box,
    account: AccountId,
    key: str,
    *,
    overlap: timedelta,
    maker: Actor | None = None,
) -> NewKey:
    """Make a key's successor, ending when it would; the old one, named by id or by its shown hint,
    works for `overlap` more. Quota and limits go on where the old one's stood.

    Raises NotFound, Conflict, and what `granted` raises for a key that is more than its maker's.
    """
    if maker is not None and maker.key is not None:
        plans.check_keys_by_api(box, maker)
    until = micros(box.clock.now() + overlap)
    with box.db.transaction() as tx:
        row = tx.row(
            f"SELECT {_COLUMNS}, lineage FROM api_key WHERE account = ? AND {_NAMED}"  # noqa: S608  our own names
            " AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?)",
            (account, *_names(key), micros(box.clock.now())),
        )
        if row is None:
            raise NotFound("There is no active key of this id.")
        old = _view(row, box.clock.now())
        if old.status is KeyStatus.ROTATING:
            raise Conflict("This key is being rotated out already.")
        wish = _wish_again(old)
        if maker is not None and maker.key != old.id:
            check_within(wish, maker, _ends(tx, maker))
        made = _insert(tx, box, account, wish, lineage=row[-1])
        tx.run(
            "UPDATE api_key SET replaced_by = ?, expires_at = min(coalesce(expires_at, ?), ?)"
            " WHERE id = ?",
            (made.id, until, until, old.id),
        )
    return made


def _wish_again(old: KeyView) -> KeyWish:
    return KeyWish(
        name=old.name,
        environment=old.environment,
        scopes=old.scopes,
        tools=old.tools,
        quota=old.quota,
        expires_at=old.expires_at,
        app=old.app,
        limits=old.limits,
    )


def _ends(tx: Transaction, maker: Actor | None) -> datetime | None:
    """When the maker's own key expires."""
    key = maker.key if maker else None
    row = tx.row("SELECT expires_at FROM api_key WHERE id = ?", (key,)) if key else None
    return instant(row[0]) if row and row[0] is not None else None


def _check_app(tx: Transaction, account: AccountId, app: AppId | None) -> None:
    if app and not tx.row("SELECT id FROM app WHERE id = ? AND account = ?", (app, account)):
        raise NotFound(f"There is no app {app[:60]!r}.", field="app")


def _check_number(tx: Transaction, box: Box, account: AccountId) -> None:
    row = tx.row(
        "SELECT count(*) FROM api_key WHERE account = ? AND revoked_at IS NULL"
        " AND replaced_by IS NULL AND (expires_at IS NULL OR expires_at > ?)",
        (account, micros(box.clock.now())),
    )
    if row and row[0] >= _LARGEST_NUMBER:
        raise InvalidInput(
            f"An account has at most {_LARGEST_NUMBER} active keys; revoke one first."
        )


def _insert(
    tx: Transaction, box: Box, account: AccountId, wish: KeyWish, *, lineage: str | None = None
) -> NewKey:
    assert wish.environment is not None
    secret = signing.new_api_key(wish.environment)
    key = KeyId(new_id("key"))
    row = {
        "id": key,
        "account": account,
        "name": wish.name,
        "hint": signing.key_hint(secret),
        "digest": signing.key_digest(secret),
        "environment": wish.environment,
        "scopes": json.dumps(sorted(wish.scopes or ())),
        "tools": json.dumps(list(wish.tools)) if wish.tools is not None else None,
        "quota": json.dumps(dict(wish.quota)),
        "limits": json.dumps(dict(wish.limits)),
        "app": wish.app,
        "lineage": lineage or key,
        "created_at": micros(box.clock.now()),
        "expires_at": micros(wish.expires_at) if wish.expires_at else None,
    }
    marks = ", ".join("?" * len(row))
    tx.run(f"INSERT INTO api_key({', '.join(row)}) VALUES ({marks})", tuple(row.values()))  # noqa: S608  the names are the keys above
    return NewKey(key, wish.name, secret)


_COLUMNS = (
    "id, name, hint, environment, scopes, created_at, expires_at, revoked_at, last_used_at, tools,"
    " quota, limits, app, replaced_by"
)


def list_keys(
    box: Box, account: AccountId, *, limit: int = -1, cursor: str | None = None
) -> list[KeyView]:
    """The account's keys, newest first: `limit` of them (-1: all), older than the key `cursor`."""
    rows = box.db.rows(
        f"SELECT {_COLUMNS} FROM api_key WHERE account = ? AND (? IS NULL OR id < ?)"  # noqa: S608  our own names
        " ORDER BY id DESC LIMIT ?",
        (account, cursor, cursor, limit),
    )
    return [_view(row, box.clock.now()) for row in rows]


def _view(row: Row, now: datetime) -> KeyView:
    return KeyView(
        id=KeyId(row[0]),
        name=row[1],
        hint=row[2],
        status=_status(row, now),
        environment=Environment(row[3]),
        scopes=frozenset(map(Scope, json.loads(row[4]))),
        created_at=instant(row[5]),
        expires_at=instant(row[6]) if row[6] is not None else None,
        revoked_at=instant(row[7]) if row[7] is not None else None,
        last_used_at=instant(row[8]) if row[8] is not None else None,
        tools=tuple(json.loads(row[9])) if row[9] is not None else None,
        quota=json.loads(row[10]),
        limits=json.loads(row[11]),
        app=AppId(row[12]) if row[12] else None,
    )


def _status(row: Row, now: datetime) -> KeyStatus:
    expires_at, revoked_at, replaced_by = row[6], row[7], row[13]
    if revoked_at is not None:
        return KeyStatus.REVOKED
    if expires_at is not None and expires_at <= micros(now):
        return KeyStatus.EXPIRED
    return KeyStatus.ROTATING if replaced_by is not None else KeyStatus.ACTIVE


_NAMED = "(id = ? OR hint = ? || '…')"


def _names(key: str) -> tuple[str, str]:
    """What `_NAMED` compares: the key's id, or the beginning that lists show."""
    return key, key.rstrip("…")[:12]


def revoke_key(box: Box, account: AccountId, key: str) -> None:
    """Stop a key, named by id or by its shown hint, from the next request on. Raises NotFound."""
    with box.db.transaction() as tx:
        changed = tx.run(
            f"UPDATE api_key SET revoked_at = ? WHERE account = ? AND revoked_at IS NULL"  # noqa: S608  our own names
            f" AND {_NAMED}",
            (micros(box.clock.now()), account, *_names(key)),
        )
    if not changed:
        raise NotFound("There is no active key of this id.")
