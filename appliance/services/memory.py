"""Models in the workers' memory: having one loaded there before anybody needs it, or dropped.

Workers alone hold models: they are asked by their bells and answer on the live board.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from appliance.adapters.wake import ring
from appliance.core.clock import micros
from appliance.core.errors import Busy, Conflict, NotFound, NoWorker
from appliance.core.jobs import Lane
from appliance.core.workers import Station, stations
from appliance.services.box import Box
from appliance.services.health import worker_age_s
from appliance.services.models import listing, resolving

_LOOK_S = 0.05


class Wish(StrEnum):
    """What a worker is asked to do with a model."""

    LOAD = "load"
    FREE = "free"


@dataclass(frozen=True)
class Freed:
    """Memory that models took before and after, in MB: the GPUs', or the workers' without one."""

    before_mb: int
    after_mb: int


@dataclass(frozen=True)
class Loaded(Freed):
    """`load_s`: seconds that loading took, of several workers the longest; where the model was in
    memory already, when it was loaded.
    """

    load_s: float


def free(box: Box, model_id: str, *, patience_s: float = 10.0) -> Freed:
    """Have the workers drop a model; it is loaded again when a job needs it.

    Raises NotFound, NoWorker; Busy when a running job does not end in time: then it is dropped
    after it.
    """
    if box.shelf.find(model_id) is None:
        raise NotFound(f"There is no model {model_id[:80]!r}.")
    told = _asked(box, Wish.FREE, model_id, patience_s)
    if told is None:
        raise Busy("A job is running; the model is dropped when it has ended.", retry_after_s=30)
    return Freed(_sum(told, "before_mb"), _sum(told, "after_mb"))


def load(box: Box, model_id: str, *, patience_s: float = 30.0) -> Loaded:
    """Have every worker load a model between two jobs; others make room for it, least lately used
    first.

    Raises NotFound, ModelNotInstalled, NoWorker; Conflict for a model that cannot be loaded, as one
    that does not fit; Busy when it is not there in time: it is loaded all the same.
    """
    _check(box, model_id)
    told = _asked(box, Wish.LOAD, model_id, patience_s)
    if told is None:
        raise Busy(
            "The model is being loaded, or will be when the running job has ended. Ask again.",
            retry_after_s=10,
        )
    for each in told:
        if "error" in each:
            raise Conflict(each["error"], details={"model": model_id})
    seconds = max(float(each["load_s"]) for each in told)
    return Loaded(_sum(told, "before_mb"), _sum(told, "after_mb"), seconds)


def _check(box: Box, model_id: str) -> None:
    offer = listing.offer(box, model_id)
    details = {"model": model_id}
    if not offer.runs:
        raise Conflict(f"There is no engine yet that runs {model_id}.", details=details)
    resolving.require_installed(offer.model)
    if offer.model.lane is Lane.LIGHT:
        raise Conflict(
            f"{model_id} is small and runs without the GPU: each process that works with it loads"
            " it at its first job, and keeps it.",
            details=details,
        )


def _asked(box: Box, wish: Wish, model_id: str, patience_s: float) -> list[dict[str, Any]] | None:
    """What every living worker answers; None if one does not in time. Raises NoWorker."""
    living = [each for each in stations(box.settings.worker.gpus) if _lives(box, each)]
    if not living:
        raise NoWorker("The worker is not running, so no model is in memory.", retry_after_s=10)
    asked_at = micros(box.clock.now())
    for station in living:
        ring(box.home.run / station.bell, f"{wish} {model_id}")
    for _look in range(max(1, round(patience_s / _LOOK_S))):
        told = [box.live.heartbeat(_board(station, wish, model_id)) for station in living]
        heard = [json.loads(each.says) for each in told if each and each.at >= asked_at]
        if len(heard) == len(living):
            return heard
        box.clock.sleep(_LOOK_S)
    return None


def _lives(box: Box, station: Station) -> bool:
    age = worker_age_s(box, station)
    return age is not None and age <= box.settings.jobs.worker_stale_s


def _sum(told: list[dict[str, Any]], name: str) -> int:
    return sum(int(each.get(name, 0)) for each in told)


def tell(
    box: Box, station: Station, wish: Wish, model_id: str, says: Mapping[str, int | float | str]
) -> None:
    """A worker's answer: `before_mb`, `after_mb`, when it has loaded one `load_s`, or why it could
    not: `error`.
    """
    now = micros(box.clock.now())
    box.live.beat(_board(station, wish, model_id), now, json.dumps(dict(says)))


def _board(station: Station, wish: Wish, model_id: str) -> str:
    return f"{station.name} {wish} {model_id}"
