"""API keys: made, shown once, listed, revoked, and turned into an Actor on each request."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from appliance.adapters.database import Transaction
from appliance.core import signing
from appliance.core.clock import instant, micros
from appliance.core.errors import (
    AccountSuspended,
    Conflict,
    InsufficientScope,
    InvalidInput,
    InvalidKey,
    NotFound,
)
from appliance.core.ids import AccountId, KeyId, new_id
from appliance.core.jobs import Actor, Environment
from appliance.core.scopes import DEFAULT_SCOPES, Scope
from appliance.services.box import Box

_LARGEST_NUMBER = 5
_LAST_USED_EVERY = 60_000_000  # microseconds: a write a minute at most, however busy the key


@dataclass(frozen=True)
class KeyView:
    """A key as it may be shown: never the key itself."""

    id: KeyId
    name: str
    hint: str
    environment: Environment
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    tools: tuple[str, ...] | None
    quota: Mapping[str, Any]


@dataclass(frozen=True)
class NewKey:
    """A key just made; `secret` is shown this once."""

    id: KeyId
    name: str
    secret: str


@dataclass(frozen=True)
class KeyWish:
    """A key to be made. `scopes`: None for all but admin, as far as its maker has them; `quota`:
    {"calls": n} or {"usd": "10"} a month; `tools`: None for all.
    """

    name: str
    environment: Environment = Environment.LIVE
    scopes: frozenset[Scope] | None = None
    tools: tuple[str, ...] | None = None
    quota: Mapping[str, Any] = field(default_factory=dict)
    expires_at: datetime | None = None


def create_key(
    box: Box, account: AccountId, wish: KeyWish, *, maker: Actor | None = None
) -> NewKey:
    """Make a key. Raises InvalidInput when the account has five active ones, InsufficientScope for
    a scope that its maker lacks.
    """
    own = maker.scopes if maker else frozenset(Scope)
    wish = replace(wish, scopes=DEFAULT_SCOPES & own if wish.scopes is None else wish.scopes)
    if maker and maker.tools is not None:
        wish = replace(wish, tools=_both(wish.tools, maker.tools))
    _check_scopes(wish, maker)
    with box.db.transaction() as tx:
        _check_number(tx, box, account)
        return _insert(tx, box, account, wish)


def _check_scopes(wish: KeyWish, maker: Actor | None) -> None:
    beyond = (wish.scopes or frozenset()) - (maker.scopes if maker else frozenset(Scope))
    if beyond:
        raise InsufficientScope(
            f"A key cannot give what it lacks: {', '.join(sorted(beyond))}.",
            details={"required": sorted(beyond)},
        )


def _both(asked: tuple[str, ...] | None, own: frozenset[str]) -> tuple[str, ...]:
    return tuple(sorted(own if asked is None else own & set(asked)))


def rotate_key(
    box: Box,
    account: AccountId,
    key: str,
    *,
    overlap: timedelta,
    maker: Actor | None = None,
) -> NewKey:
    """Make a key's successor, ending when it would; the old one works for `overlap` more.

    Raises NotFound, Conflict, and InsufficientScope for a key with scopes its maker lacks.
    """
    now = box.clock.now()
    with box.db.transaction() as tx:
        row = tx.row(
            "SELECT name, environment, scopes, tools, quota, replaced_by, expires_at FROM api_key"
            " WHERE account = ? AND id = ? AND revoked_at IS NULL"
            " AND (expires_at IS NULL OR expires_at > ?)",
            (account, key, micros(now)),
        )
        if row is None:
            raise NotFound("There is no active key of this id.")
        if row[5]:
            raise Conflict("This key is being rotated out already.")
        wish = KeyWish(
            name=row[0],
            environment=Environment(row[1]),
            scopes=frozenset(map(Scope, json.loads(row[2]))),
            tools=tuple(json.loads(row[3])) if row[3] else None,
            quota=json.loads(row[4]),
            expires_at=instant(row[6]) if row[6] else None,
        )
        _check_scopes(wish, maker)
        made = _insert(tx, box, account, wish)
        tx.run(
            "UPDATE api_key SET replaced_by = ?, expires_at = min(coalesce(expires_at, ?), ?)"
            " WHERE id = ?",
            (made.id, micros(now + overlap), micros(now + overlap), key),
        )
    return made


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


def _insert(tx: Transaction, box: Box, account: AccountId, wish: KeyWish) -> NewKey:
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
        "created_at": micros(box.clock.now()),
        "expires_at": micros(wish.expires_at) if wish.expires_at else None,
    }
    marks = ", ".join("?" * len(row))
    tx.run(f"INSERT INTO api_key({', '.join(row)}) VALUES ({marks})", tuple(row.values()))  # noqa: S608  the names are the keys above
    return NewKey(key, wish.name, secret)


def list_keys(box: Box, account: AccountId) -> list[KeyView]:
    """The account's keys, newest first."""
    rows = box.db.rows(
        "SELECT id, name, hint, environment, scopes, created_at, expires_at, revoked_at,"
        " last_used_at, tools, quota FROM api_key"
        " WHERE account = ? ORDER BY created_at DESC, id DESC",
        (account,),
    )
    return [
        KeyView(
            id=KeyId(row[0]),
            name=row[1],
            hint=row[2],
            environment=Environment(row[3]),
            scopes=frozenset(map(Scope, json.loads(row[4]))),
            created_at=instant(row[5]),
            expires_at=instant(row[6]) if row[6] else None,
            revoked_at=instant(row[7]) if row[7] else None,
            last_used_at=instant(row[8]) if row[8] else None,
            tools=tuple(json.loads(row[9])) if row[9] else None,
            quota=json.loads(row[10]),
        )
        for row in rows
    ]


def revoke_key(box: Box, account: AccountId, key: str) -> None:
    """Stop a key, named by id or by its shown hint, from the next request on. Raises NotFound."""
    with box.db.transaction() as tx:
        changed = tx.run(
            "UPDATE api_key SET revoked_at = ? WHERE account = ? AND revoked_at IS NULL"
            " AND (id = ? OR hint = ? || '…')",
            (micros(box.clock.now()), account, key, key.rstrip("…")[:12]),
        )
    if not changed:
        raise NotFound("There is no active key of this id.")


def actor_of(box: Box, secret: str) -> Actor:
    """Who this key is, asked of the rows each time: a revoked key stops at the next request.

    Raises InvalidKey, AccountSuspended.
    """
    if not signing.well_formed(secret):
        raise InvalidKey("This API key is not valid.")
    row = box.db.row(
        "SELECT k.id, k.account, k.environment, k.scopes, k.hint, k.expires_at, k.revoked_at,"
        " k.last_used_at, a.status, a.plan, k.tools, k.quota"
        " FROM api_key k JOIN account a ON a.id = k.account WHERE k.digest = ?",
        (signing.key_digest(secret),),
    )
    now = micros(box.clock.now())
    if row is None or row[6] is not None or (row[5] is not None and row[5] <= now):
        raise InvalidKey("This API key is not valid.")
    if row[8] == "suspended":
        raise AccountSuspended("This account is suspended; ask the appliance's admin.")
    if row[7] is None or now - row[7] >= _LAST_USED_EVERY:
        with box.db.transaction() as tx:
            tx.run("UPDATE api_key SET last_used_at = ? WHERE id = ?", (now, row[0]))
    return Actor(
        account=AccountId(row[1]),
        environment=Environment(row[2]),
        scopes=frozenset(map(Scope, json.loads(row[3]))),
        key=KeyId(row[0]),
        key_hint=row[4],
        plan=row[9],
        tools=frozenset(json.loads(row[10])) if row[10] else None,
        quota=json.loads(row[11]),
    )
