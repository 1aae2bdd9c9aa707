"""Batches: one request of many files becomes a job for each and one that gathers what they made.

All of them are admitted in one transaction or none is. What was refused before it became a job is
kept beside them, so that nothing that was sent goes without a word.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from appliance.adapters.database import Row, Transaction
from appliance.adapters.wake import WEB, ring
from appliance.core.batch import Item
from appliance.core.errors import ApplianceError
from appliance.core.files import Made
from appliance.core.ids import JobId, new_ulid
from appliance.core.jobs import JobError, Request, State
from appliance.core.money import ZERO, Money
from appliance.services.access.pace import check_pace
from appliance.services.box import Box
from appliance.services.jobs import claiming, idempotency, reading
from appliance.services.jobs.admission import Admitted, Decision, check_queue, decide, write_part
from appliance.services.jobs.rows import error_record, outputs_of
from appliance.services.money import ledger, usage

OPERATION = "product.batch"


@dataclass(frozen=True)
class Sent:
    """A file of a batch: the request it becomes, or why it becomes none."""

    name: str
    become: Request | ApplianceError


def replay(box: Box, whole: Request) -> Admitted | None:
    """The batch that an earlier request with the same Idempotency-Key made; None if there is none.

    Raises IdempotencyMismatch.
    """
    earlier = idempotency.job_of(box.db, box, whole)
    return Admitted(reading.job_by_id(box, earlier), replayed=True) if earlier else None


def admit(box: Box, whole: Request, sent: Sequence[Sent]) -> Admitted:
    """Accept a batch whole: `whole` gathers and brings the files, `sent` says what becomes of each.
    At least one becomes a job.

    Raises what the admission of any of its jobs raises, InsufficientCredits for all together; then
    nothing is kept of it.
    """
    decisions = [_decided(box, each.become) for each in sent]
    gathering, batch = decide(box, whole), JobId(new_ulid())
    lanes = {each.resolved.lane for each in decisions if each}
    with box.db.transaction() as tx:
        twin = idempotency.job_of(tx, box, whole)
        if twin is None:
            idle = [lane for lane in lanes if not claiming.any_waiting(tx, lane)]
            _check_part(tx, box, whole, [each for each in decisions if each])
            waits = sum(each is not None for each in decisions)
            write_part(tx, box, batch, gathering, items=len(sent), waits=waits)
            for place, (each, decision) in enumerate(zip(sent, decisions, strict=True)):
                _write_item(tx, box, (batch, place), each, decision)
    if twin is not None:
        return Admitted(reading.job_by_id(box, twin), replayed=True)
    accepted = reading.job_by_id(box, batch)  # before the nudges: a 202 says "pending"
    ring(box.home.run / WEB, batch)
    for lane in idle:
        box.lanes.nudge(lane)
    return Admitted(accepted, replayed=False)


def _decided(box: Box, become: Request | ApplianceError) -> Decision | None:
    return decide(box, become) if isinstance(become, Request) else None


def _check_part(tx: Transaction, box: Box, whole: Request, jobs: Sequence[Decision]) -> None:
    actor, total = whole.actor, sum((job.price for job in jobs), start=ZERO)
    check_queue(tx, box, more=len(jobs) + 1)
    check_pace(tx, box, whole)
    usage.check_quota(tx, box, actor, total, calls=len(jobs))
    if box.settings.billing.enabled:
        ledger.check_free(tx, actor.account, actor.environment, total)


def _write_item(
    tx: Transaction, box: Box, at: tuple[JobId, int], sent: Sent, decision: Decision | None
) -> None:
    (batch, place), job, error = at, None, None
    if decision is not None:
        job = JobId(new_ulid())
        write_part(tx, box, job, decision, parent=batch)
    else:
        assert isinstance(sent.become, ApplianceError)
        error = json.dumps(error_record(sent.become))
    tx.run(
        "INSERT INTO item(batch, place, name, job, error) VALUES (?, ?, ?, ?, ?)",
        (batch, place, sent.name, job, error),
    )


_ITEMS = (
    "SELECT i.place, i.name, i.job, coalesce(j.error, i.error), j.state, h.captured"
    " FROM item i LEFT JOIN job j ON j.id = i.job LEFT JOIN hold h ON h.id = j.hold"
    " WHERE i.batch = ? AND i.place >= ? ORDER BY i.place LIMIT ?"
)


def items(box: Box, batch: JobId, *, start: int = 0, limit: int = -1) -> tuple[Item, ...]:
    """The files of a batch from place `start` on, with what became of each; -1: all."""
    return tuple(_item(box, row) for row in box.db.rows(_ITEMS, (batch, start, limit)))


def _item(box: Box, row: Row) -> Item:
    place, name, job, error, state, captured = row
    return Item(
        place=place,
        name=name,
        job=JobId(job) if job else None,
        state=State(state) if state else None,
        charged=Money(captured or 0),
        error=JobError(**json.loads(error)) if error else None,
        files=_files(box, JobId(job)) if state == State.COMPLETED else (),
    )


def _files(box: Box, job: JobId) -> tuple[Made, ...]:
    return tuple(
        Made(
            name=each.name,
            path=box.home.outputs / each.path,
            mime=each.mime,
            kind=each.kind,
            bytes=each.bytes,
            sha256=each.sha256,
            facts=each.facts,
        )
        for each in outputs_of(box.db, job)
    )
