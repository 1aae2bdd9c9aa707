"""Removing files and rows whose time is over. The job outlives its files."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from appliance.adapters.database import Transaction
from appliance.adapters.failpoints import Point, reach
from appliance.core.clock import micros
from appliance.core.jobs import IDEMPOTENCY_KEPT
from appliance.services.box import Box
from appliance.services.files import links, resumable, uploads

log = logging.getLogger(__name__)
_BATCH = 500  # rows a transaction: other writers wait for no longer than that takes
_FILES = 100  # the same where each has a file
_EXPIRED = """
SELECT job, idx FROM output WHERE retained_until < ? AND NOT EXISTS (
  SELECT 1 FROM job j WHERE j.state IN ('pending', 'processing')
  AND instr(j.params, '"job_' || output.job || '/' || output.idx || '"')
) LIMIT ?
"""


def remove_expired(box: Box) -> int:
    """Remove outputs and uploads past their time; how many. An unfinished job keeps its inputs."""
    gone = _expire_outputs(box) + _expire_uploads(box) + resumable.remove_expired(box)
    finish_removals(box)
    _remove_leftovers(box)
    return gone


def _expire_outputs(box: Box) -> int:
    gone, batch = 0, _FILES
    while batch == _FILES:
        now = micros(box.clock.now())
        if not box.db.row(_EXPIRED, (now, 1)):
            break  # without taking the write lock
        with box.db.transaction("removal") as tx:
            batch = drop_outputs_part(tx, tx.rows(_EXPIRED, (now, _FILES)))
        gone += batch
    return gone


def drop_outputs_part(tx: Transaction, outputs: list[tuple[str, int]]) -> int:
    """Delete outputs' rows and mark their files for removal, in the caller's transaction; how many.

    From its commit on nobody finds the files; `finish_removals` unlinks them, after a crash the
    next one does.
    """
    for job, index in outputs:
        row = tx.row("DELETE FROM output WHERE job = ? AND idx = ? RETURNING path", (job, index))
        if row is not None:
            tx.run("INSERT OR IGNORE INTO removal(path) VALUES (?)", row)
    return len(outputs)


def finish_removals(box: Box) -> None:
    """Unlink the files that are marked for it."""
    last = ""
    while batch := box.db.rows(
        "SELECT path FROM removal WHERE path > ? ORDER BY path LIMIT ?", (last, _FILES)
    ):
        last = batch[-1][0]
        removed = [path for (path,) in batch if _removed(box, path)]
        reach(Point.REMOVAL_UNLINKED)
        with box.db.transaction() as tx:
            for path in removed:
                tx.run("DELETE FROM removal WHERE path = ?", (path,))


def _removed(box: Box, path: str) -> bool:
    file = box.home.outputs / path
    try:
        file.unlink(missing_ok=True)
    except OSError:
        log.exception("%s cannot be removed; it is tried again at the next sweep", file)
        return False
    remove_empty(file.parent, below=box.home.outputs)
    return True


def remove_empty(folder: Path, *, below: Path) -> None:
    """Remove a folder and those above it, as far as they are empty."""
    with suppress(OSError):  # it holds other files still
        while folder != below and below in folder.parents:
            folder.rmdir()
            folder = folder.parent


def _expire_uploads(box: Box) -> int:
    now = micros(box.clock.now())
    rows = box.db.rows("SELECT id FROM upload WHERE retained_until < ?", (now,))
    return sum(uploads.forget(box, upload) for (upload,) in rows)


def remove_old_rows(box: Box) -> int:
    """Remove events, ended deliveries and idempotency keys past their time; how many."""
    now = box.clock.now()
    kept = timedelta(days=box.settings.storage.events_days)
    times = {
        ("event", "at"): now - kept,
        ("delivery", "ended_at"): now - kept,
        ("idempotency", "created_at"): now - IDEMPOTENCY_KEPT,
        ("reply", "created_at"): now - IDEMPOTENCY_KEPT,
    }
    gone = sum(_remove_oldest(box, *named, until) for named, until in times.items())
    return gone + links.remove_ended(box)


def _remove_oldest(box: Box, table: str, time: str, until: datetime) -> int:
    # Rows are numbered as they come, so the expired are the first: no index of times is needed.
    oldest = f"SELECT rowid, {time} FROM {table} ORDER BY rowid LIMIT {_BATCH}"  # noqa: S608  our own names
    gone, batch = 0, _BATCH
    while batch == _BATCH:
        with box.db.transaction() as tx:
            batch = tx.run(
                f"DELETE FROM {table} WHERE rowid IN"  # noqa: S608  our own names
                f" (SELECT rowid FROM ({oldest}) WHERE {time} <= ?)",
                (micros(until),),
            )
        gone += batch
    return gone


def _remove_leftovers(box: Box) -> None:
    """Remove what was half made when a process was killed, and uploads that got no row."""
    limit = box.clock.now().timestamp() - box.settings.storage.tmp_hours * 3600
    running = {row[0] for row in box.db.rows("SELECT id FROM job WHERE state = 'processing'")}
    for found in _half_made(box):
        if found.name.partition("-")[0] not in running and _older(found, limit):
            if found.is_dir():
                shutil.rmtree(found, ignore_errors=True)
            else:
                found.unlink(missing_ok=True)
    uploads.release(box, [file.name for file in box.home.uploads.glob("*") if _older(file, limit)])


def _half_made(box: Box) -> Iterator[Path]:
    yield from (box.home.tmp / "arrivals").glob("*")
    yield from (box.home.tmp / "jobs").glob("*/*")
    yield from resumable.strays(box)
    yield from (path for path in box.home.tmp.glob("*") if not path.is_dir())


def _older(path: Path, limit: float) -> bool:
    try:
        return path.stat().st_mtime < limit
    except FileNotFoundError:  # somebody else was faster
        return False
