"""The jobs in this worker's hands, and how each is told to stop."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from appliance.core.errors import Cancelled, Interrupted
from appliance.core.ids import JobId


@dataclass
class Leash:
    """One running job's signal to stop. `on_cancel` is called once, from the listening thread."""

    stopping: threading.Event
    cancelled: threading.Event = field(default_factory=threading.Event)
    on_cancel: Callable[[], None] | None = None

    def check(self) -> None:
        """Raise Cancelled or Interrupted if the job should stop."""
        if self.cancelled.is_set():
            raise Cancelled("The job was cancelled.")
        if self.stopping.is_set():
            raise Interrupted


class Running:
    """Every running job by id."""

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self._leashes: dict[JobId, Leash] = {}
        self._lock = threading.Lock()

    @contextmanager
    def leash(self, job: JobId) -> Iterator[Leash]:
        """Keep the job known while the block runs."""
        leash = Leash(self.stopping)
        with self._lock:
            self._leashes[job] = leash
        try:
            yield leash
        finally:
            with self._lock:
                self._leashes.pop(job, None)

    def cancel(self, job: JobId) -> None:
        """Tell the job to stop; unknown jobs have ended already."""
        with self._lock:
            leash = self._leashes.get(job)
        if leash and not leash.cancelled.is_set():
            leash.cancelled.set()
            if leash.on_cancel:
                leash.on_cancel()

    def stop_all(self) -> None:
        """Tell every job that the worker stops: they go back to the queue."""
        self.stopping.set()
        with self._lock:
            hooks = [leash.on_cancel for leash in self._leashes.values() if leash.on_cancel]
        for hook in hooks:
            hook()

    def jobs(self) -> tuple[JobId, ...]:
        """Their ids."""
        with self._lock:
            return tuple(self._leashes)

    def __len__(self) -> int:
        """How many run."""
        return len(self._leashes)
