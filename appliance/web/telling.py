"""What the stream of a job tells: the truth as it is now, less what was told before."""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple

from typing_extensions import override

from appliance.core.jobs import JobView, State

_RUNNING, _QUEUED, _ENDED = 1, 2, 3  # as they follow each other in one attempt
_ID = re.compile(r"(\d{1,9})-([123])-(\d{1,9})-(\d{1,10})")


class Told(NamedTuple):
    """How far a stream has told; as text the id of its last frame, from which another goes on.

    `attempt` and `stage` only grow: a job waits, runs in attempt 1, waits again if it is given
    back, runs in attempt 2, ends. `report`: the number of the worker's report in this attempt.
    `mark`: what stood beside it, the place in the queue or a checksum of the preview.
    """

    attempt: int = 0
    stage: int = 0
    report: int = 0
    mark: int = 0

    @override
    def __str__(self) -> str:
        return "-".join(map(str, self))

    @property
    def since(self) -> tuple[int, int]:
        """Where in its life the job was."""
        return self.attempt, self.stage


News = tuple[Told, str, str]  # how far it is told with this, the event's name, its data as JSON


def read_told(text: str) -> Told:
    """The inverse of `str`; nothing told for any other text: then the truth is told again."""
    match = _ID.fullmatch(text)
    return Told(*map(int, match.groups())) if match else Told()


def all_told(job: JobView, told: Told) -> bool:
    """Whether the job has ended and its end was told."""
    return job.state.final and told.since == (job.attempt, _ENDED)


def news(job: JobView, told: Told) -> Iterator[News]:
    """What is to be told of a job that has not ended."""
    if job.state is State.PENDING:
        now = Told(job.attempt, _QUEUED, mark=job.position or 0)
        if now != told:
            yield now, "queued", json.dumps({"position": job.position, "eta_s": job.eta_s})
    else:
        yield from _running(job, told)


def end(job: JobView, shown: dict[str, Any]) -> News:
    """The last of an ended job: the job as a poll shows it."""
    return Told(job.attempt, _ENDED), job.state.value, json.dumps(shown)


def _running(job: JobView, told: Told) -> Iterator[News]:
    begun = told.since == (job.attempt, _RUNNING)
    report, mark = (told.report, told.mark) if begun else (-1, 0)
    preview = job.live.preview if job.live else None
    if preview and zlib.crc32(preview) != mark:
        mark = zlib.crc32(preview)
        picture = f"data:image/jpeg;base64,{base64.b64encode(preview).decode()}"
        # Its id counts the report as untold still: what follows is told also to whoever was cut
        # off between the two.
        yield Told(job.attempt, _RUNNING, max(report, 0), mark), "preview", _json(image=picture)
    if job.report > report:
        yield Told(job.attempt, _RUNNING, job.report, mark), *_progress(job)


def _progress(job: JobView) -> tuple[str, str]:
    step = job.live
    if step and step.phase == "loading_model":
        return "loading_model", _json(model=job.resolved_model)
    counted = {"step": step.step, "steps": step.steps} if step and step.steps else {}
    return "progress", _json(progress=job.progress, **counted, eta_s=job.eta_s)


def _json(**facts: Any) -> str:
    return json.dumps(facts)
