"""API keys: made, shown once, listed, revoked, and turned into an Actor on each request."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from appliance.core import signing
from appliance.core.clock import instant, micros
from appliance.core.errors import AccountSuspended, InvalidInput, InvalidKey, NotFound
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
    revoked_at: datetime | None
    last_used_at: datetime | None


@dataclass(frozen=True)
class NewKey:
    """A key just made; `secret` is shown this once."""

    id: KeyId
    secret: str


def create_key(
    box: Box,
    account: AccountId,
    *,
    name: str,
    environment: Environment = Environment.LIVE,
    scopes: Iterable[Scope] = DEFAULT_SCOPES,
) -> NewKey:
    """Make a key. Raises InvalidInput when the account has five active ones."""
    secret = signing.new_api_key(environment)
    key = KeyId(new_id("key"))
    with box.db.transaction() as tx:
        row = tx.row(
            "SELECT count(*) FROM api_key WHERE account = ? AND revoked_at IS NULL", (account,)
        )
        if row and row[0] >= _LARGEST_NUMBER:
            raise InvalidInput(
                f"An account has at most {_LARGEST_NUMBER} active keys; revoke one first."
            )
        tx.run(
            "INSERT INTO api_key(id, account, name, hint, digest, environment, scopes, created_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                key,
                account,
                name,
                signing.key_hint(secret),
                signing.key_digest(secret),
                environment,
                json.dumps(sorted(scopes)),
                micros(box.clock.now()),
            ),
        )
    return NewKey(key, secret)


def list_keys(box: Box, account: AccountId) -> list[KeyView]:
    """The account's keys, newest first."""
    rows = box.db.rows(
        "SELECT id, name, hint, environment, scopes, created_at, revoked_at, last_used_at"
        " FROM api_key WHERE account = ? ORDER BY created_at DESC, id DESC",
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
            revoked_at=instant(row[6]) if row[6] else None,
            last_used_at=instant(row[7]) if row[7] else None,
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
        " k.last_used_at, a.status, a.plan"
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
    )
