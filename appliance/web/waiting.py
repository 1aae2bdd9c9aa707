"""Waiting for jobs and watching accounts: one thread hears the worker's datagrams and wakes whoever
waits for that job; it reads the new event rows and wakes whoever watches their accounts.

Should a datagram be lost, the same thread reads the rows four times a second anyway: one query,
however many wait.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, contextmanager

from appliance.adapters.wake import Doorbell
from appliance.core.errors import RateLimited
from appliance.core.ids import AccountId, JobId
from appliance.core.jobs import JobView
from appliance.services import events
from appliance.services.box import Box
from appliance.services.jobs import reading
from appliance.services.jobs.steering import WEB_BELL
from appliance.web.turns import aside

log = logging.getLogger(__name__)
_FALLBACK_S = 0.25
_RETRY_AFTER_S = 5

Subject = JobId | AccountId  # what somebody waits for; no two have the same text


class Waiters:
    """All waits and streams of the web process, at most `server.max_waits` together."""

    def __init__(self, box: Box) -> None:
        self._box = box
        self._waiting: dict[str, set[threading.Event]] = {}
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(box.settings.server.max_waits)
        self._feeding = False
        self._told = 0  # up to this event everybody was woken
        self._leaving = False

    def leave(self) -> None:
        """Let every wait answer now with its job as it is: the process is stopping."""
        self._leaving = True
        with self._lock:
            subjects = list(self._waiting)
        self._wake(subjects)

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
                with aside():
                    changed.wait(left)
                changed.clear()
                current = reading.job_by_id(self._box, job.id)
            return current

    def rounds(self, subject: Subject, beat_s: float) -> Generator[bool]:
        """When to look: at once, after each change (True), and after `beat_s` without one (False);
        until the process stops. Raises RateLimited if every place is taken.
        """
        with self.place(subject) as changed:
            if changed is None:
                raise RateLimited(
                    "All places for waiting and watching are taken.", retry_after_s=_RETRY_AFTER_S
                )
            look = True
            while not self._leaving:
                yield look
                with aside():
                    look = changed.wait(beat_s)
                changed.clear()  # before the look: what changes meanwhile is another round

    @contextmanager
    def place(self, subject: Subject) -> Iterator[threading.Event | None]:
        """An Event set whenever the job changes, or something happens on the account; None if
        every place is taken.
        """
        if not self._places.acquire(blocking=False):
            yield None
            return
        changed = threading.Event()
        self._add(subject, changed)
        try:
            yield changed
        finally:
            self._remove(subject, changed)
            self._places.release()

    def _add(self, subject: Subject, changed: threading.Event) -> None:
        with self._lock:
            if not self._waiting:
                # Before whoever waits reads anything: what comes after that is news.
                self._told = events.newest(self._box)
            self._waiting.setdefault(subject, set()).add(changed)
            if not self._feeding:
                self._feeding = True
                threading.Thread(target=self._feed, name="waiters", daemon=True).start()

    def _remove(self, subject: Subject, changed: threading.Event) -> None:
        with self._lock:
            waiting = self._waiting.get(subject, set())
            waiting.discard(changed)
            if not waiting:
                self._waiting.pop(subject, None)

    def _feed(self) -> None:
        with closing(Doorbell(self._box.home.run / WEB_BELL)) as bell, closing(self._box.db):
            while not self._leaving:
                heard = bell.wait(_FALLBACK_S)
                try:
                    self._tell(heard)
                except Exception:
                    log.exception("the waiters' feed stumbled and goes on")

    def _tell(self, heard: Iterable[str]) -> None:
        if self._waiting:
            self._wake(heard)
            self._wake(self._news())

    def _news(self) -> set[str]:
        found = events.since(self._box, self._told)
        self._told = found[-1][0] if found else self._told
        return {subject for _seq, account, job in found for subject in (account, job) if subject}

    def _wake(self, subjects: Iterable[str]) -> None:
        with self._lock:
            waiting = [each for name in subjects for each in self._waiting.get(name, ())]
        for changed in waiting:
            changed.set()
