"""Huey as the queue: named lanes in queue.db, woken by a datagram.

A task here is only a nudge: it says that a lane has work, and the lane looks into the job table for
which. Huey knows a task by its module and name, so web and worker both import this module; the
worker installs what a nudge runs.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from huey import SqliteHuey
from huey.consumer import Consumer
from huey.storage import SqliteStorage

from appliance.adapters.failpoints import Point, reach
from appliance.adapters.wake import Doorbell, ring

log = logging.getLogger(__name__)
HEAVY, LIGHT, CHORES, WEBHOOKS = "heavy", "light", "chores", "webhooks"
_FALLBACK_S = 1.0


class WokenStorage(SqliteStorage):  # type: ignore[misc]  # huey ships no types
    """Huey's SQLite storage, whose `dequeue` sleeps until a datagram comes.

    Huey's own polling backs off to 10 s when idle: a job would wait 4.5 s in the middle.
    """

    blocking = True

    def __init__(self, name: str, bell: str, **options: Any) -> None:
        self._bell_path = Path(bell)
        self._doorbell: Doorbell | None = None
        super().__init__(name, **options)

    def listen(self) -> None:
        """Become the receiver of this lane's wake-ups: in the worker, before it consumes."""
        self._doorbell = Doorbell(self._bell_path)

    def enqueue(self, data: bytes, priority: float | None = None) -> None:
        """Add a task and wake the lane."""
        super().enqueue(data, priority)
        reach(Point.NUDGE_KEPT)
        ring(self._bell_path)

    def dequeue(self) -> bytes | None:
        """The next task, after at most a second of waiting."""
        found: bytes | None = super().dequeue()
        if found is None and self._doorbell is not None:
            self._doorbell.wait(_FALLBACK_S)
            found = super().dequeue()
        return found


class Lanes:
    """The box's queues. Web: `nudge`. Worker: `install` what a nudge runs, then `start`.

    `heavy`: a queue for each worker that runs heavy jobs, the first one's `HEAVY`. A nudge of the
    lane goes to all of them: whoever has time claims the job, and the others find nothing.
    """

    def __init__(self, queue: Path, run: Path, heavy: tuple[str, ...] = (HEAVY,)) -> None:
        self._further = {HEAVY: heavy[1:]}
        names = (*heavy, LIGHT, CHORES, WEBHOOKS)
        self._hueys = {name: _huey(name, queue, run) for name in names}
        self._tasks = {name: self._declare(name) for name in self._hueys}
        self._runners: dict[str, Callable[[], None]] = {}
        self._consumers: list[Consumer] = []

    def _declare(self, name: str) -> Callable[[], Any]:
        def run_next() -> None:
            reach(Point.NUDGE_TAKEN)
            self._runners[name]()

        task: Callable[[], Any] = self._hueys[name].task(name=f"run_next_{name}")(run_next)
        return task

    def nudge(self, lane: str) -> None:
        """Say that `lane` has work. Call it after the commit.

        A nudge that cannot be kept is no error: the job stands in the rows, and the worker looks
        there every second.
        """
        self.wake(lane)
        for queue in self._further.get(lane, ()):
            self._wake_once(queue)  # nobody empties that of a worker which does not run

    def nudge_another(self, lane: str) -> None:
        """Nudge unless a nudge waits to be taken already: for a lane's thread that leaves work for
        the others, and for who makes up for a nudge that was lost.
        """
        for queue in (lane, *self._further.get(lane, ())):
            self._wake_once(queue)

    def wake(self, queue: str) -> None:
        """Nudge one queue: for a worker that wants its own thread to look."""
        try:
            self._tasks[queue]()
        except sqlite3.Error:
            log.warning("a nudge of the %s lane was lost", queue, exc_info=True)

    def _wake_once(self, queue: str) -> None:
        try:
            waits = self._hueys[queue].pending_count()
        except sqlite3.Error:
            waits = 0
        if not waits:
            self.wake(queue)

    def install(self, lane: str, runner: Callable[[], None]) -> None:
        """Let a nudge of `lane` run `runner`, which finds its work itself or ends."""
        self._runners[lane] = runner

    def start(self, threads: dict[str, int]) -> None:
        """Start the consumers with so many threads a lane. Signal handlers are the caller's."""
        for lane, count in threads.items():
            huey = self._hueys[lane]
            huey.storage.listen()
            consumer = _QuietConsumer(
                huey, workers=count, periodic=False, check_worker_health=False
            )
            consumer.start()
            self._consumers.append(consumer)

    def stop(self) -> None:
        """Take no further nudge; threads end after what they are doing."""
        for consumer in self._consumers:
            consumer.stop_flag.set()

    def join(self, timeout_s: float) -> bool:
        """Whether all lane threads ended within `timeout_s`."""
        threads: list[threading.Thread] = [
            process for consumer in self._consumers for _worker, process in consumer.worker_threads
        ]
        deadline = time.monotonic() + timeout_s
        for thread in threads:
            thread.join(max(deadline - time.monotonic(), 0.0))
        return not any(thread.is_alive() for thread in threads)


class _QuietConsumer(Consumer):  # type: ignore[misc]  # huey ships no types
    """A consumer that leaves the process's signals alone: three of them share one process."""

    def _set_signal_handlers(self) -> None:
        return


def _huey(name: str, queue: Path, run: Path) -> SqliteHuey:
    return SqliteHuey(
        name,
        storage_class=WokenStorage,
        filename=str(queue),
        bell=str(run / f"{name}.sock"),
        results=False,
        fsync=False,
    )
