"""When each running job last moved: a worker whose thread lives may still stand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from appliance.adapters.live import LiveBoard, Seen
from appliance.core.ids import JobId


@dataclass
class Pulse:
    """The last change of each running job's progress, as it was seen from here."""

    _last: dict[JobId, tuple[object, int]] = field(default_factory=dict)

    def look(self, live: LiveBoard, jobs: Iterable[JobId], now: int) -> list[dict[str, Any]]:
        """Where each job stands and since when (`moved_at`, microseconds), for the heartbeat.

        A report that says the same as the last one is no move.
        """
        seen = {job: live.seen(job) for job in jobs}
        self._last = {job: self._moved(job, now, each) for job, each in seen.items()}
        return [_told(job, each, self._last[job][1]) for job, each in seen.items()]

    def _moved(self, job: JobId, now: int, seen: Seen | None) -> tuple[object, int]:
        step = seen.step if seen else None
        place = (step.phase, step.step, step.fraction) if step else None
        last = self._last.get(job)
        return last if last and last[0] == place else (place, now)


def _told(job: JobId, seen: Seen | None, moved_at: int) -> dict[str, Any]:
    told: dict[str, Any] = {"id": job, "moved_at": moved_at}
    if seen:
        step = seen.step
        told |= {"phase": step.phase, "step": step.step, "steps": step.steps}
    return told
