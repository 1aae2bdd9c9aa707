"""Removing files whose time is over. The job outlives its files."""

from __future__ import annotations

from contextlib import suppress

from appliance.core.clock import micros
from appliance.services.box import Box

_ABANDONED_S = 24 * 3600


def remove_expired(box: Box) -> int:
    """Remove outputs and uploads past their time; how many. An unfinished job keeps its inputs."""
    now = micros(box.clock.now())
    gone = 0
    for job, index, path in box.db.rows(
        "SELECT job, idx, path FROM output WHERE retained_until < ? AND NOT EXISTS ("
        " SELECT 1 FROM job j WHERE j.state IN ('pending', 'processing')"
        " AND instr(j.params, '\"job_' || output.job || '/' || output.idx || '\"')) LIMIT 500",
        (now,),
    ):
        file = box.home.outputs / path
        file.unlink(missing_ok=True)
        for folder in (file.parent, file.parent.parent):
            with suppress(OSError):  # it holds other files still
                folder.rmdir()
        with box.db.transaction() as tx:
            gone += tx.run("DELETE FROM output WHERE job = ? AND idx = ?", (job, index))
    for upload, path in box.db.rows(
        "SELECT id, path FROM upload WHERE retained_until < ? AND NOT EXISTS ("
        " SELECT 1 FROM job WHERE state IN ('pending', 'processing')"
        " AND instr(params, upload.id)) LIMIT 500",
        (now,),
    ):
        with box.db.transaction() as tx:
            gone += tx.run("DELETE FROM upload WHERE id = ?", (upload,))
        (box.home.uploads / path).unlink(missing_ok=True)
    _remove_abandoned(box)
    return gone


def _remove_abandoned(box: Box) -> None:
    # What was being received when the web process was killed.
    limit = box.clock.now().timestamp() - _ABANDONED_S
    for arrival in (box.home.tmp / "arrivals").glob("*"):
        if arrival.stat().st_mtime < limit:
            arrival.unlink(missing_ok=True)
