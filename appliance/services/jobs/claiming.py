"""Claiming: which job a lane runs next, and what happens to jobs of a worker that is gone."""

from __future__ import annotations

import json
import shutil

from appliance.adapters.database import Database, Row, Transaction
from appliance.adapters.failpoints import Point, reach
from appliance.adapters.wake import ring
from appliance.core.clock import micros
from appliance.core.errors import ProcessingFailed
from appliance.core.ids import AccountId, JobId
from appliance.core.jobs import Claimed, Lane
from appliance.core.workers import gpu_of
from appliance.services import events
from appliance.services.box import Box
from appliance.services.jobs import outcome
from appliance.services.jobs.steering import WEB_BELL

# Fair between accounts: whoever was served longest ago comes first. A job whose model is already
# loaded may go before, within one priority, while it has waited less than `prefer_loaded_s` behind.
# Of one account's, what was asked for alone goes before the many of a batch; what waits for others
# is not ready.
_CLAIM = """
UPDATE job SET state = 'processing', attempt = attempt + 1, tries = tries + 1, boot = :boot,
  started_at = :now
WHERE id = (
  SELECT j.id FROM job j JOIN account a ON a.id = j.account
  WHERE j.state = 'pending' AND j.paused = 0 AND j.waits = 0 AND j.lane = :lane
    AND NOT EXISTS (SELECT 1 FROM lane WHERE name = :lane AND paused = 1)
  ORDER BY j.priority DESC, (:prefer <> '' AND j.models = :prefer) DESC, a.served_at,
    j.parent IS NOT NULL, j.id LIMIT 1
) AND state = 'pending'
RETURNING id, attempt, account, operation, params, models, lane
"""
_WAITING = (
    "SELECT 1 FROM job WHERE state = 'pending' AND paused = 0 AND waits = 0 AND lane = :lane"
    " LIMIT 1"
)


def claim_next(box: Box, lane: Lane, boot: str, *, prefer: str = "") -> Claimed | None:
    """Take the fairest ready job of a lane, or None. `prefer`: the `models` JSON of what is loaded.

    One immediate transaction; the job is 'processing' with a new attempt number when it returns.
    """
    if not any_waiting(box.db, lane):
        return None  # without taking the write lock from those who submit
    now = micros(box.clock.now())
    with box.db.transaction("claim") as tx:
        row = tx.row(_CLAIM, {"boot": boot, "now": now, "lane": lane, "prefer": prefer})
        if row is None:
            return None
        tx.run("UPDATE account SET served_at = ? WHERE id = ?", (now, row[2]))
        events.record_state(tx, box, row[0])
    ring(box.home.run / WEB_BELL, row[0])
    return _claimed(row)


def any_waiting(rows: Database | Transaction, lane: Lane) -> bool:
    """Whether a job of the lane waits to be claimed: then somebody was nudged for it."""
    return rows.row(_WAITING, {"lane": lane}) is not None


def _claimed(row: Row) -> Claimed:
    return Claimed(
        id=JobId(row[0]),
        attempt=row[1],
        account=AccountId(row[2]),
        operation=row[3],
        params=json.loads(row[4]),
        models=json.loads(row[5]),
        lane=Lane(row[6]),
    )


def give_back(box: Box, job: Claimed) -> None:
    """Return a job to the queue at a planned stop; this try does not count. A job that somebody
    wants cancelled is cancelled instead.
    """
    with box.db.transaction("give-back") as tx:
        row = tx.row("SELECT cancel_requested FROM job WHERE id = ?", (job.id,))
        if row and row[0]:
            outcome.cancel_part(tx, box, job.id, job.attempt)
        else:
            _to_pending(tx, box, job, uncount=1)


def retry_or_fail(box: Box, job: Claimed, error: ProcessingFailed | None = None) -> None:
    """After a crash under the job: back to the queue, or failed when its tries are used up."""
    with box.db.transaction("retry") as tx:
        row = tx.row("SELECT tries, cancel_requested FROM job WHERE id = ?", (job.id,))
        assert row is not None
        if row[1]:
            outcome.cancel_part(tx, box, job.id, job.attempt)
        elif _not_again(box, job) or row[0] >= box.settings.worker.max_attempts:
            outcome.fail_part(tx, box, job.id, job.attempt, error or _stopped(row[0]))
        else:
            _to_pending(tx, box, job, uncount=0)
    box.lanes.nudge(job.lane)
    reach(Point.RETRY_NUDGED)


def _stopped(tries: int) -> ProcessingFailed:
    times = f", {tries} times" if tries > 1 else ""
    return ProcessingFailed(f"The worker stopped while doing this{times}.")


def at_work(box: Box) -> dict[JobId, int | None]:
    """The jobs that are 'processing', each with the GPU of the worker that claimed it: None where
    its run does not say.
    """
    rows = box.db.rows("SELECT id, boot FROM job WHERE state = 'processing'")
    return {JobId(job): gpu_of(boot) for job, boot in rows}


def recover(box: Box, boot: str, gpu: int | None) -> int:
    """Take up the jobs that an earlier worker of this GPU left 'processing'; how many there were.
    `boot`: the run that asks, whose own jobs stay.
    """
    rows = box.db.rows(
        "SELECT id, attempt, account, operation, params, models, lane, boot FROM job"
        " WHERE state = 'processing' AND boot IS NOT ?",
        (boot,),
    )
    left = [_claimed(row) for row in rows if gpu_of(row[7]) == gpu]
    for job in left:
        box.live.forget(job.id)
        # What it renamed there was never published: no row names it.
        shutil.rmtree(box.home.outputs / job.id, ignore_errors=True)
        retry_or_fail(box, job)
    return len(left)


def _not_again(box: Box, job: Claimed) -> bool:
    # An operation that an upgrade took away cannot be tried again either.
    return job.operation not in box.catalogue or box.catalogue[job.operation].once


def _to_pending(tx: Transaction, box: Box, job: Claimed, *, uncount: int) -> None:
    changed = tx.run(
        "UPDATE job SET state = 'pending', boot = NULL, started_at = NULL, tries = tries - ?"
        " WHERE id = ? AND state = 'processing' AND attempt = ?",
        (uncount, job.id, job.attempt),
    )
    if changed:
        events.record_state(tx, box, job.id)
