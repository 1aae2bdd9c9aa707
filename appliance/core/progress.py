"""How far a job is, and whether it should stop: one object handed to whoever does the work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """One report. `fraction` is of the whole job, 0…1; `preview` a small JPEG or None."""

    fraction: float
    phase: str = "running"
    step: int = 0
    steps: int = 0
    preview: bytes | None = None


class Progress:
    """Reports fractions of its own part of a job and notices cancellation.

    `sink` receives each report, already scaled to the whole job. `check` raises Cancelled or
    Interrupted when the work should stop; a report checks too, so a loop that reports is a loop
    that can be cancelled.
    """

    def __init__(
        self,
        sink: Callable[[Step], None],
        check: Callable[[], None],
        *,
        low: float = 0.0,
        high: float = 1.0,
    ) -> None:
        self._sink = sink
        self.check = check
        self._low, self._high = low, high

    def __call__(
        self, fraction: float, *, step: int = 0, steps: int = 0, preview: bytes | None = None
    ) -> None:
        """Report that `fraction` (0…1) of this part is done. Raises what `check` raises."""
        self.check()
        whole = self._low + (self._high - self._low) * min(max(fraction, 0.0), 1.0)
        self._sink(Step(whole, step=step, steps=steps, preview=preview))

    def phase(self, name: str) -> None:
        """Say what is going on besides steps, such as `loading_model`."""
        self.check()
        self._sink(Step(self._low, phase=name))

    @contextmanager
    def part(self, low: float, high: float) -> Iterator[Progress]:
        """A Progress for the stretch `low`…`high` of this one; entering and leaving report."""
        span = self._high - self._low
        inner = Progress(
            self._sink, self.check, low=self._low + span * low, high=self._low + span * high
        )
        inner(0.0)
        yield inner
        inner(1.0)


def silent_progress() -> Progress:
    """A Progress that tells nobody and never stops."""
    return Progress(lambda _step: None, lambda: None)
