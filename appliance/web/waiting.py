"""Waiting for jobs: one thread hears the worker's datagrams and wakes whoever waits for that job.

Should a datagram be lost, the same thread asks the rows four times a second about every job that is
waited for, in one query.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from appliance.adapters.wake import Doorbell
from appliance.core.ids import JobId
from appliance.core.jobs import JobView
from appliance.services.box import Box
from appliance.services.jobs import reading
from appliance.services.jobs.steering import WEB_BELL

log = logging.getLogger(__name__)
_FALLBACK_S = 0.25


class Waiters:
    """All waits and streams of the web process, at most `server.max_waits` together."""

    def __init__(self, box: Box) -> None:
        self._box = box
        self._events: dict[JobId, set[threading.Event]] = {}
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(box.settings.server.max_waits)
        self._feeding = False
        self._leaving = False

    def leave(self) -> None:
        """Let every wait answer now with its job as it is: the process is stopping."""
        self._leaving = True
        with self._lock:
            events = [event for waiting in self._events.values() for event in waiting]
        for event in events:
            event.set()

    @property
    def leaving(self) -> bool:
        """Whether waits and streams should end."""
        return self._leaving

    def wait(self, job: JobView, seconds: float) -> JobView:
        """The job once it has ended, or as it is after `seconds`, or at once if all places are
        taken.
        """
        deadline = time.monotonic() + seconds
        with self.place(job.id) as changed:
            if changed is None:
                return job
            current = reading.job_by_id(self._box, job.id)
            while not current.state.final and (left := deadline - time.monotonic()) > 0:
                if self._leaving:
                    break
                changed.wait(left)
                changed.clear()
                current = reading.job_by_id(self._box, job.id)
            return current

    @contextmanager
    def place(self, job: JobId) -> Iterator[threading.Event | None]:
        """An Event set whenever the job changes; None if every place is taken."""
        if not self._places.acquire(blocking=False):
            yield None
            return
        changed = threading.Event()
        self._add(job, changed)
        try:
            yield changed
        finally:
            self._remove(job, changed)
            self._places.release()

    def _add(self, job: JobId, changed: threading.Event) -> None:
        with self._lock:
            self._events.setdefault(job, set()).add(changed)
            if not self._feeding:
                self._feeding = True
                threading.Thread(target=self._feed, name="waiters", daemon=True).start()

    def _remove(self, job: JobId, changed: threading.Event) -> None:
        with self._lock:
            waiting = self._events.get(job, set())
            waiting.discard(changed)
            if not waiting:
                self._events.pop(job, None)

    def _feed(self) -> None:
        bell = Doorbell(self._box.home.run / WEB_BELL)
        while True:
            messages = bell.wait(_FALLBACK_S)
            try:
                heard = {JobId(message) for message in messages}
                self._wake(heard or self._ended())
            except Exception:
                log.exception("the waiters' feed stumbled and goes on")

    def _ended(self) -> set[JobId]:
        with self._lock:
            waited = list(self._events)
        return reading.ended(self._box, waited) if waited else set()

    def _wake(self, jobs: set[JobId]) -> None:
        with self._lock:
            events = [event for job in jobs for event in self._events.get(job, ())]
        for event in events:
            event.set()
