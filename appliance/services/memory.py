"""Models in the worker's memory, and having one dropped from there.

The worker alone holds models: it is asked by its bell and answers on the live board.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from appliance.adapters.wake import ring
from appliance.core.clock import micros
from appliance.core.errors import Busy, NotFound, NoWorker
from appliance.services.box import Box
from appliance.services.health import worker_age_s
from appliance.services.jobs.steering import WORKER_BELL

_LOOK_S = 0.05


@dataclass(frozen=True)
class Freed:
    """Memory that models took before and after, in MB: the GPU's, or the worker's without one."""

    before_mb: int
    after_mb: int


def free(box: Box, model_id: str, *, patience_s: float = 10.0) -> Freed:
    """Have the worker drop a model; it is loaded again when a job needs it.

    Raises NotFound, NoWorker; Busy when the running job does not end in time: then it is dropped
    after it.
    """
    if box.shelf.find(model_id) is None:
        raise NotFound(f"There is no model {model_id[:80]!r}.")
    age = worker_age_s(box)
    if age is None or age > box.settings.jobs.worker_stale_s:
        raise NoWorker("The worker is not running, so no model is in memory.", retry_after_s=10)
    asked_at = micros(box.clock.now())
    ring(box.home.run / WORKER_BELL, f"free {model_id}")
    looks = max(1, round(patience_s / _LOOK_S))
    for _look in range(looks):
        told = box.live.heartbeat(_board(model_id))
        if told and told.at >= asked_at:
            return Freed(**json.loads(told.says))
        box.clock.sleep(_LOOK_S)
    raise Busy("A job is running; the model is dropped when it has ended.", retry_after_s=30)


def tell_freed(box: Box, model_id: str, before_mb: int, after_mb: int) -> None:
    """The worker's answer."""
    says = json.dumps({"before_mb": before_mb, "after_mb": after_mb})
    box.live.beat(_board(model_id), micros(box.clock.now()), says)


def _board(model_id: str) -> str:
    return f"freed {model_id}"
