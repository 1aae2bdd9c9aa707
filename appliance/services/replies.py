"""First replies: under an Idempotency-Key a request that makes no job is carried out once a day and
answered alike. Submissions have their job instead (services.jobs.idempotency).

A reply may hold a secret that is shown once, so it is kept for the API key that asked and sealed
with it: who reads the rows reads no reply (decision 0021).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from appliance.adapters.database import Database, Transaction
from appliance.adapters.sealing import Unreadable, seal, unseal
from appliance.core.clock import micros
from appliance.core.errors import IdempotencyMismatch
from appliance.core.ids import AccountId
from appliance.core.jobs import IDEMPOTENCY_KEPT
from appliance.services.box import Box

_EARLIER = """
SELECT fingerprint, sealed FROM reply
WHERE account = :account AND key = :key AND created_at > :since
UNION ALL
SELECT fingerprint, NULL FROM idempotency
WHERE account = :account AND key = :key AND created_at > :since LIMIT 1
"""


@dataclass(frozen=True)
class Asked:
    """A request under an Idempotency-Key. `fingerprint`: of all that makes it this request, the API
    key too; `secret`: the API key itself.
    """

    account: AccountId
    key: str
    fingerprint: bytes
    secret: str


@dataclass(frozen=True)
class Kept:
    """A reply as it was given first."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Replayed(Exception):
    """The request was carried out before; `kept` is what it was answered."""

    def __init__(self, kept: Kept) -> None:
        super().__init__(kept.status)
        self.kept = kept


@contextmanager
def once(box: Box, asked: Asked) -> Iterator[None]:
    """Carry a request out inside the block unless that was done before: all that it writes, and the
    reply that `keep` writes, is one transaction, in which twins meet.

    Raises Replayed, IdempotencyMismatch.
    """
    _stop_if_done(box.db, box, asked)
    with box.db.as_one(lambda tx: _stop_if_done(tx, box, asked)):
        yield


def keep(box: Box, asked: Asked, reply: Kept) -> None:
    """Keep the reply, inside `once`."""
    content = json.dumps([reply.status, reply.headers, reply.body.decode()]).encode()
    sealed = seal(asked.secret, content, asked.fingerprint)
    with box.db.transaction("reply") as tx:
        # What is replaced has expired. The fresh row goes behind all others, as the sweep wants it.
        tx.run(
            "INSERT OR REPLACE INTO reply(account, key, fingerprint, sealed, created_at)"
            " VALUES (?, ?, ?, ?, ?)",
            (asked.account, asked.key, asked.fingerprint, sealed, micros(box.clock.now())),
        )


def _stop_if_done(rows: Database | Transaction, box: Box, asked: Asked) -> None:
    since = micros(box.clock.now() - IDEMPOTENCY_KEPT)  # the sweep may be late
    row = rows.row(_EARLIER, {"account": asked.account, "key": asked.key, "since": since})
    if row is None:
        return
    if row[1] is None or bytes(row[0]) != asked.fingerprint:
        raise IdempotencyMismatch("This Idempotency-Key was used before for another request.")
    try:
        content = json.loads(unseal(asked.secret, bytes(row[1]), asked.fingerprint))
    except Unreadable:
        return  # damaged: as if it had expired
    status, headers, body = content
    raise Replayed(Kept(status, tuple((name, value) for name, value in headers), body.encode()))
