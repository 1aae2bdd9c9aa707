"""Time is a type, and is handed in.

An instant inside is an aware UTC datetime; in a row it is whole microseconds since 1970, which sort
and subtract without parsing.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Clock(Protocol):
    """Tells the time and passes it."""

    def now(self) -> datetime:
        """The current instant, aware, UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let `seconds` pass."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The current instant, aware, UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Let `seconds` pass in this thread."""
        time.sleep(seconds)  # noqa: TID251  the one place that sleeps


SYSTEM_CLOCK = SystemClock()


def micros(instant: datetime) -> int:
    """The instant as whole microseconds since 1970-01-01 UTC, exactly."""
    return (instant - _EPOCH) // _MICROSECOND


def instant(micros_: int) -> datetime:
    """The inverse of `micros`."""
    return _EPOCH + timedelta(microseconds=micros_)


def iso(moment: datetime) -> str:
    """The instant as the contract writes it: ISO 8601 with milliseconds and a final Z."""
    return (
        moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
    )
