"""What becomes of a job: finished, failed or cancelled, its money settled exactly once.

Every change says `state = 'processing' AND attempt = ?`: a worker that lost its job to a later
attempt changes nothing, and is told so.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from appliance.adapters.database import Transaction
from appliance.core.clock import micros
from appliance.core.errors import ApplianceError, Conflict
from appliance.core.files import Made
from appliance.core.ids import JobId
from appliance.core.jobs import Claimed
from appliance.core.money import ZERO, Money
from appliance.services import events
from appliance.services.box import Box
from appliance.services.jobs import kin
from appliance.services.jobs.rows import error_record
from appliance.services.money import ledger

_PACE_WEIGHT = 0.2  # of the newest job in the running mean


@dataclass(frozen=True)
class Result:
    """What a job made. Each `Made.path` lies under the outputs folder already."""

    files: Sequence[Made]
    facts: Mapping[str, Any]
    warnings: Sequence[str]
    seconds: float


def finish(box: Box, job: Claimed, result: Result) -> bool:
    """Complete a job and capture its price. False if the job is no longer this attempt's, or was
    cancelled before: then nothing changed, and the files are the caller's to remove.
    """
    now = box.clock.now()
    with box.db.transaction("finish") as tx:
        row = tx.row(
            "UPDATE job SET state = 'completed', facts = ?, warnings = ?, completed_at = ?"
            " WHERE id = ? AND state = 'processing' AND attempt = ? AND cancel_requested = 0"
            " RETURNING hold, price",
            (
                json.dumps(dict(result.facts)),
                json.dumps(list(result.warnings)),
                micros(now),
                job.id,
                job.attempt,
            ),
        )
        if row is None:
            return False
        ledger.settle(tx, box, row[0], Money(row[1]) if row[0] else ZERO)
        _record_files(tx, box, job, result)
        _record_pace(tx, job, result.seconds)
        events.record_state(tx, box, job.id)
        kin.ended_part(tx, box, job.id)
    return True


def fail(box: Box, job: Claimed, error: ApplianceError) -> None:
    """Fail a job and give its hold back; a cancelled one is cancelled instead."""
    with box.db.transaction("fail") as tx:
        row = tx.row("SELECT cancel_requested FROM job WHERE id = ?", (job.id,))
        if row and row[0]:
            cancel_part(tx, box, job.id, job.attempt)
        else:
            fail_part(tx, box, job.id, job.attempt, error)


def cancelled(box: Box, job: Claimed) -> None:
    """Settle a running job whose cancellation the worker has carried out."""
    with box.db.transaction("cancelled") as tx:
        cancel_part(tx, box, job.id, job.attempt)


def fail_part(tx: Transaction, box: Box, job: JobId, attempt: int, error: ApplianceError) -> None:
    """The failure, in the caller's transaction."""
    _end(tx, box, job, attempt, ("failed", json.dumps(error_record(error))))


def cancel_part(tx: Transaction, box: Box, job: JobId, attempt: int) -> None:
    """The cancellation of a running job, in the caller's transaction."""
    _end(tx, box, job, attempt, ("cancelled", None))


def _end(tx: Transaction, box: Box, job: JobId, attempt: int, end: tuple[str, str | None]) -> None:
    row = tx.row(
        "UPDATE job SET state = ?, error = ?, completed_at = ?"
        " WHERE id = ? AND state = 'processing' AND attempt = ? RETURNING hold",
        (*end, micros(box.clock.now()), job, attempt),
    )
    if row is not None:
        ledger.settle(tx, box, row[0], ZERO)
        events.record_state(tx, box, job)
        kin.ended_part(tx, box, job)


def request_cancel(box: Box, job: JobId) -> bool:
    """Cancel a pending job at once, or mark a running one; whether it still runs. With a job that
    waits for others those are cancelled too.

    Raises Conflict for a job that has ended.
    """
    with box.db.transaction("cancel") as tx:
        waited = _cancel_pending(tx, box, job)
        if not waited and not _mark(tx, job):
            raise Conflict("The job has ended and cannot be cancelled.")
        for child in kin.unfinished_part(tx, job):
            if not _cancel_pending(tx, box, child):
                _mark(tx, child)  # the worker looks every second
    return not waited


def _cancel_pending(tx: Transaction, box: Box, job: JobId) -> bool:
    row = tx.row(
        "UPDATE job SET state = 'cancelled', completed_at = ?"
        " WHERE id = ? AND state = 'pending' RETURNING hold",
        (micros(box.clock.now()), job),
    )
    if row is not None:
        ledger.settle(tx, box, row[0], ZERO)
        events.record_state(tx, box, job)
        kin.ended_part(tx, box, job)
    return row is not None


def _mark(tx: Transaction, job: JobId) -> int:
    return tx.run(
        "UPDATE job SET cancel_requested = 1 WHERE id = ? AND state = 'processing'", (job,)
    )


def _record_files(tx: Transaction, box: Box, job: Claimed, result: Result) -> None:
    until = micros(box.clock.now() + timedelta(days=box.settings.storage.outputs_days))
    for index, made in enumerate(result.files):
        tx.run(
            "INSERT INTO output(job, idx, path, name, mime, kind, bytes, sha256, width_px,"
            " height_px, seconds, retained_until) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                job.id,
                index,
                str(made.path.relative_to(box.home.outputs)),
                made.name,
                made.mime,
                made.kind,
                made.bytes,
                made.sha256,
                made.facts.width_px,
                made.facts.height_px,
                made.facts.seconds,
                until,
            ),
        )


def _record_pace(tx: Transaction, job: Claimed, seconds: float) -> None:
    tx.run(
        "INSERT INTO pace(operation, model, seconds, samples) VALUES (?, ?, ?, 1)"
        " ON CONFLICT(operation, model) DO UPDATE SET samples = samples + 1,"
        " seconds = seconds + ? * (excluded.seconds - seconds)",
        (job.operation, next(iter(job.models.values()), ""), seconds, _PACE_WEIGHT),
    )
