"""A clock that stands still until a test moves it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

NOON = datetime(2026, 3, 14, 12, 0, 0, 250_000, tzinfo=UTC)


class FrozenClock:
    """Tells the same instant until `step`; sleeping steps too, so nothing ever waits."""

    def __init__(self, now: datetime = NOON) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def sleep(self, seconds: float) -> None:
        self.step(seconds=seconds)

    def step(self, **amount: float) -> datetime:
        """Let `timedelta(**amount)` pass; the instant it is then."""
        self._now += timedelta(**amount)
        return self._now
