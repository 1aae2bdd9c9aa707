"""Turns: the web process works on one request at a time, and nobody waits long for a slow one.

Python runs one thread at a time, and every call into SQLite lets go of it. With sixteen requests
under way each such call woke another thread and queued to go on: a hundred switches a request, and
most of the processor time went there. One thread that takes request after request wakes nobody.

A turn is a courtesy and no lock; nothing depends on being alone. Whoever takes long is overtaken,
and whoever knows that it will wait stands aside.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from typing_extensions import override
from waitress.task import ThreadedTaskDispatcher

_PATIENCE_S = 0.1


@dataclass(eq=False)
class _Turn:
    dispatcher: TakingTurns
    since: float = field(default_factory=time.monotonic)


class _Mine(threading.local):
    turn: _Turn | None = None


_mine = _Mine()


class TakingTurns(ThreadedTaskDispatcher):  # type: ignore[misc]  # waitress ships no types
    """Waitress's dispatcher, with one of its threads at work and the others in reserve."""

    def __init__(self) -> None:
        super().__init__()
        self._turn: _Turn | None = None
        self._watched = False  # a thread in reserve looks whether the one at work takes long

    @override
    def handler_thread(self, thread_no: int) -> None:
        while (task := self._next(thread_no)) is not None:
            try:
                task.service()
            except BaseException:
                self.logger.exception("Exception when servicing %r", task)

    @override
    def add_task(self, task: Any) -> None:
        with self.lock:
            self.queue.append(task)
            if self._turn is None or not self._watched:
                self.queue_cv.notify()

    def give_up(self, turn: _Turn) -> None:
        """Let another thread begin, if this turn still is the one."""
        with self.lock:
            if self._turn is turn:
                self._turn = None
                if self.queue:
                    self.queue_cv.notify()

    def _next(self, thread_no: int) -> Any:
        """The task that this thread's next turn is for; None if the thread is to end."""
        with self.lock:
            if self._turn is _mine.turn:
                self._turn = None
            while not self.stop_count and not (self.queue and self._may_begin()):
                self._rest()
            if self.stop_count:
                self.stop_count -= 1
                self.threads.discard(thread_no)
                self.thread_exit_cv.notify()
                return None
            self._turn = _mine.turn = _Turn(self)
            task = self.queue.popleft()
            if self.queue and not self._watched:
                self.queue_cv.notify()
            return task

    def _may_begin(self) -> bool:
        return self._turn is None or time.monotonic() - self._turn.since > _PATIENCE_S

    def _rest(self) -> None:
        watches = bool(self.queue) and not self._watched
        self._watched |= watches
        self.queue_cv.wait(_PATIENCE_S if watches else None)
        if watches:
            self._watched = False


@contextmanager
def aside() -> Iterator[None]:
    """Let others begin while this thread waits within the block."""
    if _mine.turn is not None:
        _mine.turn.dispatcher.give_up(_mine.turn)
    yield
