"""The door: a key as it comes with a request, turned into the Actor behind it, each time anew."""

from __future__ import annotations

import json
from functools import lru_cache

from appliance.adapters.database import Row
from appliance.core import signing
from appliance.core.clock import micros
from appliance.core.errors import AccountSuspended, InvalidKey
from appliance.core.ids import AccountId, AppId, KeyId
from appliance.core.jobs import Actor, AppTerms, Environment
from appliance.core.scopes import Scope
from appliance.services.access.accounts import Status
from appliance.services.box import Box

_LAST_USED_EVERY = 60_000_000  # microseconds: a write a minute at most, however busy the key


def actor_of(box: Box, secret: str) -> Actor:
    """Who this key is, asked of the rows each time: a revoked key stops at the next request.

    Raises InvalidKey, AccountSuspended.
    """
    if not signing.well_formed(secret):
        raise InvalidKey("This API key is not valid.")
    row = box.db.row(
        "SELECT k.id, k.account, k.environment, k.scopes, k.hint, k.expires_at, k.revoked_at,"
        " k.last_used_at, a.status, a.plan, k.tools, k.quota, k.limits, k.lineage, p.id, p.limits,"
        " p.quota FROM api_key k JOIN account a ON a.id = k.account LEFT JOIN app p ON p.id = k.app"
        " WHERE k.digest = ?",
        (signing.key_digest(secret),),
    )
    now = micros(box.clock.now())
    if row is None or row[6] is not None or (row[5] is not None and row[5] <= now):
        raise InvalidKey("This API key is not valid.")
    if row[8] == Status.SUSPENDED:
        raise AccountSuspended("This account is suspended; ask the appliance's admin.")
    if row[7] is None or now - row[7] >= _LAST_USED_EVERY:
        with box.db.transaction() as tx:
            tx.run("UPDATE api_key SET last_used_at = ? WHERE id = ?", (now, row[0]))
    return _actor(row)


def guest(box: Box) -> Actor:
    """Who asks without a key, where the box lets everybody: its own account, with little scope.

    Raises AccountSuspended.
    """
    row = box.db.row("SELECT id, status, plan FROM account ORDER BY created_at, rowid LIMIT 1")
    if row is None or row[1] != Status.ACTIVE:
        raise AccountSuspended("The box's own account is not open; ask the appliance's admin.")
    return Actor(
        account=AccountId(row[0]),
        environment=Environment.LIVE,
        scopes=frozenset({Scope.GENERATION}),
        plan=row[2],
    )


@lru_cache(maxsize=512)  # of what the row says, so it is never out of date
def _actor(row: Row) -> Actor:
    app = AppTerms(AppId(row[14]), json.loads(row[15]), json.loads(row[16])) if row[14] else None
    return Actor(
        account=AccountId(row[1]),
        environment=Environment(row[2]),
        scopes=frozenset(map(Scope, json.loads(row[3]))),
        key=KeyId(row[0]),
        key_hint=row[4],
        plan=row[9],
        tools=frozenset(json.loads(row[10])) if row[10] is not None else None,
        quota=json.loads(row[11]),
        limits=json.loads(row[12]),
        lineage=KeyId(row[13]),
        app=app,
    )
