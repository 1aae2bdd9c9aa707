"""Fail points: the places on a job's way where a test kills the process.

A crash costs nothing only if it costs nothing everywhere: before and after each commit, round the
rename that publishes, round each nudge. So each such place reaches its point; a transaction with a
name reaches two by itself. Outside the crash tests this does nothing: `APPLIANCE_FAILPOINTS` is not
set, and reaching a point is one look at a name.

The variable names a folder. Each file `<point>.<anything>` in it is one death owed at that point;
whoever reaches the point takes the file away and kills its own process, as kill -9 or a power cut
would. What is owed stands outside the process, so "three times, then go on" needs no restart with
other settings.
"""

from __future__ import annotations

import os
import signal
from enum import StrEnum
from pathlib import Path

from appliance.adapters.home import process_environment

VARIABLE = "APPLIANCE_FAILPOINTS"


class Point(StrEnum):
    """Every fail point. "committing" is the last moment inside the transaction, "committed" the
    first after it.
    """

    # The web process: a request becomes a job.
    UPLOAD_RENAMING = "upload.renaming"
    UPLOAD_RENAMED = "upload.renamed"
    ADMISSION_COMMITTING = "admission.committing"
    ADMISSION_COMMITTED = "admission.committed"
    NUDGE_KEPT = "nudge.kept"  # the task stands in queue.db, its bell has not rung
    ADMISSION_NUDGED = "admission.nudged"
    CANCEL_COMMITTING = "cancel.committing"
    CANCEL_COMMITTED = "cancel.committed"
    CANCEL_TOLD = "cancel.told"
    ARRIVAL_COMMITTING = "arrival.committing"  # of a file that came in pieces
    ARRIVAL_COMMITTED = "arrival.committed"
    REPLY_COMMITTING = "reply.committing"  # of a request under an Idempotency-Key that makes no job
    REPLY_COMMITTED = "reply.committed"
    # The worker: a job becomes files.
    NUDGE_TAKEN = "nudge.taken"  # the task is gone from queue.db, nothing is claimed
    CLAIM_COMMITTING = "claim.committing"
    CLAIM_COMMITTED = "claim.committed"
    PUBLISH_RENAMING = "publish.renaming"
    PUBLISH_RENAMED = "publish.renamed"
    FINISH_COMMITTING = "finish.committing"
    FINISH_COMMITTED = "finish.committed"
    FAIL_COMMITTING = "fail.committing"
    FAIL_COMMITTED = "fail.committed"
    CANCELLED_COMMITTING = "cancelled.committing"
    CANCELLED_COMMITTED = "cancelled.committed"
    GIVE_BACK_COMMITTING = "give-back.committing"
    GIVE_BACK_COMMITTED = "give-back.committed"
    WEB_TELLING = "web.telling"
    WEB_TOLD = "web.told"
    # The worker: a dropped file becomes a job, and its results come beside it.
    HOT_TAKEN = "hot.taken"  # it lies among what is worked on, and there is no job yet
    HOT_ENDING = "hot.ending"
    HOT_ENDED = "hot.ended"
    HOT_LINKED = "hot.linked"  # a file lies where it belongs, and where it came from
    # The worker: files whose time is over. An upload may also be deleted by who sent it.
    REMOVAL_COMMITTING = "removal.committing"
    REMOVAL_COMMITTED = "removal.committed"
    REMOVAL_UNLINKED = "removal.unlinked"
    FORGET_COMMITTING = "forget.committing"
    FORGET_COMMITTED = "forget.committed"
    # The worker: a receiver is told.
    DELIVERY_TAKEN = "delivery.taken"
    DELIVERY_ANSWERED = "delivery.answered"
    DELIVERY_COMMITTING = "delivery.committing"
    DELIVERY_COMMITTED = "delivery.committed"
    # The worker at its start: what a dead one left.
    RETRY_COMMITTING = "retry.committing"
    RETRY_COMMITTED = "retry.committed"
    RETRY_NUDGED = "retry.nudged"


def _folder() -> Path | None:
    named = process_environment().get(VARIABLE)
    return Path(named) if named else None


_FOLDER = _folder()


def reach(point: Point) -> None:
    """Die here if a test wants it; else nothing."""
    if _FOLDER is not None:
        _pay(_FOLDER, point)


def _pay(folder: Path, point: Point) -> None:
    for owed in folder.glob(f"{point}.*"):
        try:
            owed.unlink()
        except FileNotFoundError:  # another thread dies of it
            continue
        os.kill(os.getpid(), signal.SIGKILL)
