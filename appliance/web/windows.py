"""Where the limiter keeps its moving windows: in memory, on the box's clock.

The library's storage in memory starts a timer thread every few requests, and asking it where a
caller stands is a second search: together a fifth of a poll's time. Here a window sheds what is
past when it is looked at, and entering it tells where the caller stands.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass

from appliance.core.clock import Clock

_SWEEP_AT = 10_000  # windows kept before past ones are dropped
_LONGEST_WINDOW_S = 3600


@dataclass(frozen=True)
class Seen:
    """A window as it is: `entries` in it, the oldest of them at `since` (Unix seconds)."""

    entries: int
    since: float


class Windows:
    """Times of the entries in each window, oldest first."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._windows: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def enter(self, key: str, most: int, seconds: int) -> tuple[bool, Seen]:
        """Enter a window that takes `most` in `seconds`: whether it had room, and as it is now."""
        now = self._clock.now().timestamp()
        with self._lock:
            window = self._recent(key, now, seconds)
            room = len(window) < most
            if room:
                window.append(now)
            return room, Seen(len(window), window[0])

    def look(self, key: str, seconds: int) -> Seen:
        """A window as it is, without entering it."""
        now = self._clock.now().timestamp()
        with self._lock:
            window = self._recent(key, now, seconds)
            return Seen(len(window), window[0] if window else now)

    def __len__(self) -> int:
        return len(self._windows)

    def _recent(self, key: str, now: float, seconds: int) -> deque[float]:
        if len(self._windows) > _SWEEP_AT:
            past = now - _LONGEST_WINDOW_S
            self._windows = {
                name: kept for name, kept in self._windows.items() if kept and kept[-1] > past
            }
        window = self._windows.setdefault(key, deque())
        while window and window[0] < now - seconds:
            window.popleft()
        return window
