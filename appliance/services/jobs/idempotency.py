"""Idempotency: a key of an account stands for the job that its first request made, for a day.

What makes no job has its reply kept instead (services.replies); a key is of one kind or the other.
"""

from __future__ import annotations

from appliance.adapters.database import Database, Transaction
from appliance.core.clock import micros
from appliance.core.errors import IdempotencyMismatch
from appliance.core.ids import JobId
from appliance.core.jobs import IDEMPOTENCY_KEPT, Request
from appliance.services.box import Box

_EARLIER = """
SELECT fingerprint, job FROM idempotency
WHERE account = :account AND key = :key AND created_at > :since
UNION ALL
SELECT fingerprint, NULL FROM reply
WHERE account = :account AND key = :key AND created_at > :since LIMIT 1
"""


def job_of(rows: Database | Transaction, box: Box, request: Request) -> JobId | None:
    """The job of an earlier request with the same key; None if there is none, or no key.

    Raises IdempotencyMismatch if that was another request.
    """
    if request.idempotency is None:
        return None
    key, fingerprint = request.idempotency
    # The sweep may be late: what is older counts as gone.
    since = micros(box.clock.now() - IDEMPOTENCY_KEPT)
    row = rows.row(_EARLIER, {"account": request.actor.account, "key": key, "since": since})
    if row is None:
        return None
    if row[1] is None or bytes(row[0]) != fingerprint:
        raise IdempotencyMismatch("This Idempotency-Key was used before for another request.")
    return JobId(row[1])


def keep(tx: Transaction, box: Box, job: JobId, request: Request) -> None:
    """Let the request's key, if it has one, stand for the job."""
    if request.idempotency is None:
        return
    key, fingerprint = request.idempotency
    # What is replaced has expired. The fresh row goes behind all others, as the sweep wants it.
    tx.run(
        "INSERT OR REPLACE INTO idempotency(account, key, fingerprint, job, created_at)"
        " VALUES (?, ?, ?, ?, ?)",
        (request.actor.account, key, fingerprint, job, micros(box.clock.now())),
    )
