"""How the box is: worker, queue, GPU, disk."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from typing import Any

from appliance.core.clock import micros
from appliance.core.jobs import Lane
from appliance.services.box import Box

WORKER = "worker"


@dataclass(frozen=True)
class Health:
    """The box at a glance. `worker_age_s`: since its last sign of life, None if it is down.

    `models` and `jobs`: what the worker said of each model in its memory, and of each running job
    (`moved_at`: when its progress last changed, microseconds).
    """

    worker_age_s: float | None
    worker_alive: bool
    queued: dict[Lane, int]
    gpu: dict[str, Any] | None
    models: list[dict[str, Any]]
    jobs: list[dict[str, Any]]
    free_gb: float
    disk_low: bool

    @property
    def status(self) -> str:
        """The word "ok", or "degraded" where something needs the admin."""
        return "ok" if self.worker_alive and not self.disk_low else "degraded"


def health(box: Box) -> Health:
    """The box as it is now."""
    age = worker_age_s(box)
    beat = box.live.heartbeat(WORKER)
    said = json.loads(beat.says) if beat else {}
    queued = dict.fromkeys(Lane, 0)
    for lane, count in box.db.rows(
        "SELECT lane, count(*) FROM job WHERE state = 'pending' AND waits = 0 GROUP BY lane"
    ):
        queued[Lane(lane)] = count
    free = shutil.disk_usage(box.home.data).free
    return Health(
        worker_age_s=age,
        worker_alive=age is not None and age <= box.settings.jobs.worker_stale_s,
        queued=queued,
        gpu=said.get("gpu"),
        models=said.get("models", []),
        jobs=said.get("jobs", []),
        free_gb=round(free / 1e9, 1),
        disk_low=free < box.settings.storage.low_water_mb * 1_000_000,
    )


def worker_age_s(box: Box) -> float | None:
    """Seconds since the worker's last heartbeat; None if there is no worker."""
    beat = box.live.heartbeat(WORKER)
    return max((micros(box.clock.now()) - beat.at) / 1e6, 0.0) if beat else None
