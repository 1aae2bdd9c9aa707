"""Which stretch of a film is meant by a start and an end. Pure."""

from __future__ import annotations

from appliance.core.errors import InvalidInput
from appliance.media.ffmpeg.commands import Span

_LEAST_S = 0.02  # less is no picture


def span_of(seconds: float, start: float, end: float | None) -> tuple[Span, tuple[str, ...]]:
    """The stretch of a film of `seconds`, and what was not as asked; None: to the end.

    Raises InvalidInput naming `start` or `end`.
    """
    if start > seconds - _LEAST_S:
        raise InvalidInput(
            f"start is at {start:g} s, but the film is {seconds:.2f} s long.", field="start"
        )
    last = seconds if end is None else end
    if last < start + _LEAST_S:
        raise InvalidInput(f"end must come after start ({start:g} s).", field="end")
    told: tuple[str, ...] = ()
    if last > seconds + 0.5:
        told = (f"The film ends at {seconds:.2f} s, before the end asked for.",)
    return Span(start, min(last, seconds) - start), told
