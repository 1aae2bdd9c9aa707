"""Where the limiter keeps its moving windows: in memory, on the box's clock.

The library's own memory storage starts a timer thread every few requests, which took a tenth of a
poll's time; here a window sheds what is past when it is looked at.
"""

from __future__ import annotations

import threading
from collections import deque

from limits.storage import MovingWindowSupport, Storage
from typing_extensions import override

from appliance.core.clock import Clock

_SWEEP_AT = 10_000  # windows kept before past ones are dropped
_LONGEST_WINDOW_S = 3600


class WindowStorage(Storage, MovingWindowSupport):
    """Times of the entries in each window, oldest first."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self._windows: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    @override
    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Enter the window if it has room for `amount` more."""
        with self._lock:
            now = self._clock.now().timestamp()
            window = self._recent(key, now - expiry)
            if len(window) + amount > limit:
                return False
            window.extend([now] * amount)
            return True

    @override
    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """When the window's oldest entry came, and how many there are."""
        with self._lock:
            now = self._clock.now().timestamp()
            window = self._recent(key, now - expiry)
            return (window[0] if window else now, len(window))

    def _recent(self, key: str, since: float) -> deque[float]:
        if len(self._windows) > _SWEEP_AT:
            day_old = self._clock.now().timestamp() - _LONGEST_WINDOW_S
            self._windows = {
                name: kept for name, kept in self._windows.items() if kept and kept[-1] > day_old
            }
        window = self._windows.setdefault(key, deque())
        while window and window[0] < since:
            window.popleft()
        return window

    @property
    @override
    def base_exceptions(self) -> type[Exception]:
        """What may go wrong in here: nothing of its own."""
        return ValueError

    @override
    def check(self) -> bool:
        """Memory is always there."""
        return True

    @override
    def reset(self) -> int:
        """Forget all windows; how many there were."""
        with self._lock:
            count = len(self._windows)
            self._windows.clear()
            return count

    @override
    def clear(self, key: str) -> None:
        """Forget one window."""
        with self._lock:
            self._windows.pop(key, None)

    @override
    def get(self, key: str) -> int:
        """How many entries a window holds."""
        with self._lock:
            return len(self._windows.get(key, ()))

    @override
    def get_expiry(self, key: str) -> float:
        """When the window's newest entry came."""
        with self._lock:
            window = self._windows.get(key)
            return window[-1] if window else self._clock.now().timestamp()

    @override
    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count without a limit; how many there are now."""
        with self._lock:
            now = self._clock.now().timestamp()
            window = self._recent(key, now - expiry)
            window.extend([now] * amount)
            return len(window)
