"""How the box is: workers, queue, GPUs, disk."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from typing import Any

from appliance.core.clock import micros
from appliance.core.jobs import Lane
from appliance.core.workers import ONLY, Station, stations
from appliance.services.box import Box


@dataclass(frozen=True)
class WorkerHealth:
    """One worker. `age_s`: since its last sign of life, None if it is down. `card`: its GPU, as far
    as it has looked.

    `models` and `jobs`: what it said of each model in its memory, and of each running job
    (`moved_at`: when its progress last changed, microseconds); nothing where it is not alive.
    """

    station: Station
    age_s: float | None
    alive: bool
    card: dict[str, Any] | None
    models: list[dict[str, Any]]
    jobs: list[dict[str, Any]]


@dataclass(frozen=True)
class Health:
    """The box at a glance. `workers`: the first one first."""

    workers: tuple[WorkerHealth, ...]
    queued: dict[Lane, int]
    free_gb: float
    disk_low: bool

    @property
    def worker_age_s(self) -> float | None:
        """Since the last sign of life of the first worker, None if it is down."""
        return self.workers[0].age_s

    @property
    def worker_alive(self) -> bool:
        """Whether the first worker lives: no other does what needs no GPU."""
        return self.workers[0].alive

    @property
    def models(self) -> list[dict[str, Any]]:
        """The models in memory, each with its `gpu`."""
        return [
            {**model, "gpu": each.station.gpu} for each in self.workers for model in each.models
        ]

    @property
    def jobs(self) -> list[dict[str, Any]]:
        """The running jobs."""
        return [job for each in self.workers for job in each.jobs]

    @property
    def accepts(self) -> bool:
        """Whether jobs are accepted."""
        return self.worker_alive and not self.disk_low

    @property
    def status(self) -> str:
        """The word "ok", or "degraded" where something needs the admin."""
        whole = all(each.alive for each in self.workers) and not self.disk_low
        return "ok" if whole else "degraded"


def health(box: Box) -> Health:
    """The box as it is now."""
    queued = dict.fromkeys(Lane, 0)
    for lane, count in box.db.rows(
        "SELECT lane, count(*) FROM job WHERE state = 'pending' AND waits = 0 GROUP BY lane"
    ):
        queued[Lane(lane)] = count
    free = shutil.disk_usage(box.home.data).free
    return Health(
        workers=tuple(_worker(box, each) for each in stations(box.settings.worker.gpus)),
        queued=queued,
        free_gb=round(free / 1e9, 1),
        disk_low=free < box.settings.storage.low_water_mb * 1_000_000,
    )


def _worker(box: Box, station: Station) -> WorkerHealth:
    age = worker_age_s(box, station)
    alive = age is not None and age <= box.settings.jobs.worker_stale_s
    beat = box.live.heartbeat(station.name)
    said = json.loads(beat.says) if beat and alive else {}
    return WorkerHealth(
        station, age, alive, said.get("gpu"), said.get("models", []), said.get("jobs", [])
    )


def worker_age_s(box: Box, station: Station = ONLY) -> float | None:
    """Seconds since a worker's last heartbeat; None if there is none. Without a station: of the
    first worker, whatever its GPU.
    """
    beat = box.live.heartbeat(station.name)
    return max((micros(box.clock.now()) - beat.at) / 1e6, 0.0) if beat else None
