"""Steering: cancelling, pausing and resuming jobs and lanes."""

from __future__ import annotations

from contextlib import suppress
from functools import partial

from appliance.adapters.failpoints import Point, reach
from appliance.adapters.wake import WEB, ring
from appliance.core.clock import micros
from appliance.core.errors import Conflict
from appliance.core.ids import AccountId, JobId
from appliance.core.jobs import JobView, Lane
from appliance.core.workers import stations
from appliance.services.box import Box
from appliance.services.jobs import outcome, reading

WEB_BELL = WEB


def tell_workers(box: Box, message: str) -> None:
    """Have every worker hear this; it concerns one of them, and the others let it pass."""
    for station in stations(box.settings.worker.gpus):
        ring(box.home.run / station.bell, message)


def cancel(box: Box, account: AccountId, reference: str) -> JobView:
    """Cancel the account's job: pending at once, running within one step. Raises Conflict."""
    job = reading.find(box, account, reference)
    if outcome.request_cancel(box, job.id):
        tell_workers(box, f"cancel {job.id}")
    ring(box.home.run / WEB_BELL, job.id)
    reach(Point.CANCEL_TOLD)
    return reading.job_by_id(box, job.id)


def cancel_overdue(box: Box) -> None:
    """Cancel the jobs whose Cancel-After has passed."""
    rows = box.db.rows(
        "SELECT id FROM job WHERE state IN ('pending', 'processing') AND cancel_requested = 0"
        " AND cancel_at <= ?",
        (micros(box.clock.now()),),
    )
    for (job,) in rows:
        with suppress(Conflict):  # it may have ended since
            outcome.request_cancel(box, JobId(job))
        ring(box.home.run / WEB_BELL, job)


def to_cancel(box: Box) -> list[JobId]:
    """The running jobs that somebody wants stopped: cancelled, or sent back and paused."""
    rows = box.db.rows(
        "SELECT id FROM job WHERE state = 'processing' AND (cancel_requested = 1 OR paused = 1)"
    )
    return [JobId(row[0]) for row in rows]


def wants_cancel(box: Box, job: JobId) -> bool:
    """Whether somebody wants this job cancelled."""
    row = box.db.row("SELECT cancel_requested FROM job WHERE id = ?", (job,))
    return bool(row and row[0])


def nudge_pending(box: Box) -> None:
    """Nudge the lanes in which a job is ready and no nudge waits: what makes up for a lost one, as
    with queue.db out of order, or a web process killed right after the commit.
    """
    for (lane,) in box.db.rows(
        "SELECT DISTINCT lane FROM job WHERE state = 'pending' AND paused = 0 AND waits = 0"
    ):
        box.lanes.nudge_another(Lane(lane))


def pause(box: Box, job: JobView) -> None:
    """Keep a pending job from being claimed. Raises Conflict if it is not pending."""
    _set_paused(box, job, 1)


def send_back(box: Box, job: JobView) -> None:
    """Pause a running job: its worker gives it back to the queue, where it waits to be resumed.

    For work that goes on where it stopped. Raises Conflict if it does not run.
    """
    with box.db.transaction() as tx:
        changed = tx.run(
            "UPDATE job SET paused = 1 WHERE id = ? AND state = 'processing'", (job.id,)
        )
        if changed:
            tx.afterwards(partial(tell_workers, box, f"cancel {job.id}"))
    if not changed:
        raise Conflict(f"The job is {job.state} and does not run.")


def resume(box: Box, job: JobView) -> None:
    """Let a paused job be claimed again. Raises Conflict if it is not pending."""
    _set_paused(box, job, 0)


def _set_paused(box: Box, job: JobView, paused: int) -> None:
    with box.db.transaction() as tx:
        changed = tx.run(
            "UPDATE job SET paused = ? WHERE id = ? AND state = 'pending'", (paused, job.id)
        )
        if changed and not paused:
            tx.afterwards(partial(box.lanes.nudge, job.lane))
    if not changed:
        raise Conflict(f"The job is {job.state}; only pending jobs are paused and resumed.")


def set_lanes_paused(box: Box, *, paused: bool) -> None:
    """Stop or let go all claiming; what runs goes on. New jobs are accepted and wait."""
    with box.db.transaction() as tx:
        for lane in Lane:
            tx.run(
                "INSERT INTO lane(name, paused) VALUES (?, ?)"
                " ON CONFLICT(name) DO UPDATE SET paused = excluded.paused",
                (lane, int(paused)),
            )
    if not paused:
        for lane in Lane:
            box.lanes.nudge(lane)
