"""live.db: progress, previews and heartbeats, written often and worth nothing after a restart.

It is apart from appliance.db so that a step's report never waits for a row's fsync. The heavy lane
and the media children write, the web reads.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from appliance.core.clock import SYSTEM_CLOCK
from appliance.core.ids import JobId
from appliance.core.progress import Step

_SCHEMA = """
CREATE TABLE IF NOT EXISTS progress(
  job TEXT NOT NULL, attempt INTEGER NOT NULL, fraction REAL NOT NULL, phase TEXT NOT NULL,
  step INTEGER NOT NULL, steps INTEGER NOT NULL, preview BLOB, seq INTEGER NOT NULL,
  PRIMARY KEY(job)
) STRICT;
CREATE TABLE IF NOT EXISTS heartbeat(name TEXT PRIMARY KEY, at INTEGER NOT NULL, says TEXT) STRICT;
"""
_PATIENCE_S = 2.0
_REPORT = """
INSERT INTO progress(job, attempt, fraction, phase, step, steps, preview, seq)
VALUES (?, ?, ?, ?, ?, ?, ?, 1)
ON CONFLICT(job) DO UPDATE SET attempt=excluded.attempt, fraction=excluded.fraction,
  phase=excluded.phase, step=excluded.step, steps=excluded.steps,
  preview=coalesce(excluded.preview, preview), seq=seq+1
"""


@dataclass(frozen=True)
class Seen:
    """What the board shows of a running job. `seq` grows with every report."""

    attempt: int
    step: Step
    seq: int


@dataclass(frozen=True)
class Heartbeat:
    """A process's last sign of life. `at`: microseconds since 1970; `says`: JSON."""

    at: int
    says: str


class LiveBoard:
    """Progress by job and heartbeats by process, for all processes of the box."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()

    def _connection(self) -> sqlite3.Connection:
        found: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if found is None:
            found = self._local.connection = self._opened()
        return found

    def _opened(self) -> sqlite3.Connection:
        fresh = sqlite3.connect(self._path, timeout=2.0, isolation_level=None)
        fresh.execute("PRAGMA synchronous=OFF")
        # Turning a file to WAL while another process is at it fails at once, whatever the time-out.
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            try:
                fresh.execute("PRAGMA journal_mode=WAL")
                fresh.executescript(_SCHEMA)
            except sqlite3.OperationalError:
                if time.monotonic() > deadline:
                    raise
                SYSTEM_CLOCK.sleep(0.02)
            else:
                return fresh

    def clear(self, *, but: Iterable[JobId] = ()) -> None:
        """Forget all progress at the first worker's start, `but` of jobs that another one runs."""
        told = self._connection().execute("SELECT job FROM progress").fetchall()
        for job in {each for (each,) in told} - {*but}:
            self.forget(job)

    def report(self, job: JobId, attempt: int, step: Step) -> None:
        """Show `step` for the job; a preview stays until the next one."""
        values = (job, attempt, step.fraction, step.phase, step.step, step.steps, step.preview)
        self._connection().execute(_REPORT, values)

    def seen(self, job: JobId) -> Seen | None:
        """The job's last report, or None."""
        row = (
            self._connection()
            .execute(
                "SELECT attempt, fraction, phase, step, steps, preview, seq FROM progress"
                " WHERE job = ?",
                (job,),
            )
            .fetchone()
        )
        if row is None:
            return None
        attempt, fraction, phase, step, steps, preview, seq = row
        return Seen(attempt, Step(fraction, phase, step, steps, preview), seq)

    def forget(self, job: JobId) -> None:
        """Take a finished job off the board."""
        self._connection().execute("DELETE FROM progress WHERE job = ?", (job,))

    def beat(self, name: str, at: int, says: str = "{}") -> None:
        """Record that the process `name` is alive at `at` (microseconds)."""
        self._connection().execute(
            "INSERT INTO heartbeat VALUES (?, ?, ?)"
            " ON CONFLICT(name) DO UPDATE SET at=excluded.at, says=excluded.says",
            (name, at, says),
        )

    def heartbeat(self, name: str) -> Heartbeat | None:
        """The last sign of life of the process `name`, or None."""
        row = (
            self._connection()
            .execute("SELECT at, says FROM heartbeat WHERE name = ?", (name,))
            .fetchone()
        )
        return Heartbeat(*row) if row else None

    def quiet(self, name: str) -> None:
        """Take a process that ended in order off the board."""
        self._connection().execute("DELETE FROM heartbeat WHERE name = ?", (name,))
