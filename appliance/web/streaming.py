"""Server-Sent Events: a response that goes on until there is nothing more to tell."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator

from flask import Response, stream_with_context

from appliance.services.box import Box
from appliance.web.actor import still_valid
from appliance.web.families.family import Desk
from appliance.web.waiting import Subject

KIND = "text/event-stream"
_BEAT_S = 15.0  # a proxy hangs up on what is silent for a minute
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}

Telling = Callable[[], Generator[str, None, bool]]


def frame(id: object, event: str, data: str) -> str:
    """One event. `data`: a line, such as JSON."""
    return f"id: {id}\nevent: {event}\ndata: {data}\n\n"


def streamed(desk: Desk, subject: Subject, opening: str, tell: Telling) -> Response:
    """Frames of `tell`, called at once and whenever the subject may have changed, until it returns
    True: nothing more will come. Between them comments, so that a dead connection is noticed. The
    stream ends before that if the process stops or the key of the request does.

    Raises RateLimited if every place is taken.
    """
    rounds = desk.waiters.rounds(subject, _BEAT_S)
    next(rounds, None)  # takes the place, before a status is sent
    frames = stream_with_context(_frames(desk.box, rounds, opening, tell))
    response = Response(frames, mimetype=KIND, headers=_HEADERS)
    response.call_on_close(rounds.close)
    return response


def _frames(box: Box, rounds: Iterator[bool], opening: str, tell: Telling) -> Iterator[str]:
    yield opening
    changed: bool | None = True
    while changed is not None and still_valid(box):
        if not changed:
            yield ": still here\n\n"
        if (yield from tell()):
            return
        changed = next(rounds, None)
