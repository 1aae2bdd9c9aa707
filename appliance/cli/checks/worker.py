"""The worker: whether it lives, whether its jobs move, what waits, what is in its memory."""

from __future__ import annotations

from typing import Any

from appliance.cli.checks.check import Check
from appliance.core.clock import micros
from appliance.core.ids import JobId, job_name
from appliance.services.box import Box
from appliance.services.health import Health, WorkerHealth, health

_STANDS_S = 300.0  # without progress; loading a large model from a slow disk takes less
_WAITS_S = 300.0


def checks(box: Box) -> list[Check]:
    """Every finding about the worker."""
    now = health(box)
    workers = [_worker(each) for each in now.workers]
    return [*workers, *_standing(box, now), _queue(box, now), *_memory(now)]


def _worker(worker: WorkerHealth) -> Check:
    name = worker.station.name
    if worker.age_s is None or not worker.alive:
        return Check(name, ok=False, says="not running", do="appliance start", needed=False)
    says = f"running, heartbeat {worker.age_s:.1f} s ago, {len(worker.jobs)} jobs in hand"
    return Check(name, ok=True, says=says)


def _standing(box: Box, now: Health) -> list[Check]:
    """A line for each running job: a heartbeat says that a thread lives, not that work goes on."""
    return [_job(each, micros(box.clock.now())) for each in now.jobs]


def _job(job: dict[str, Any], now: int) -> Check:
    name = job_name(JobId(job["id"]))
    still_s = max(0.0, (now - job["moved_at"]) / 1e6)
    place = f"step {job['step']} of {job['steps']}" if job.get("steps") else job.get("phase", "")
    says = f"{place or 'running'}, step advanced {_ago(still_s)}"
    do = f"appliance jobs cancel {name}"
    return Check(f"job {name}", still_s <= _STANDS_S, says, do=do)


def _queue(box: Box, now: Health) -> Check:
    row = box.db.row(
        "SELECT count(*), min(created_at) FROM job"
        " WHERE state = 'pending' AND paused = 0 AND waits = 0"
    )
    count, oldest = row or (0, None)
    if not count:
        return Check("queue", ok=True, says="empty")
    waits_s = (micros(box.clock.now()) - oldest) / 1e6
    stuck = waits_s > _WAITS_S and not now.jobs
    says = f"{count} jobs wait, the oldest came {_ago(waits_s)}"
    says += "; nothing runs" if stuck else ""
    do = "appliance jobs resume" if now.worker_alive else "appliance start"
    return Check("queue", not stuck, says, do=do, needed=False)


def _memory(now: Health) -> list[Check]:
    return [
        Check(
            f"in memory: {each['id']}" + (f", GPU {each['gpu']}" if len(now.workers) > 1 else ""),
            ok=not each["thrift"],
            says=f"{each['memory_mb']} MB, loaded in {each['load_s']} s, at work at most"
            f" {each['peak_mb']} MB, last used {_ago(each['idle_s'])}"
            + (
                f"; ran out of memory and works at thrift {each['thrift']}"
                if each["thrift"]
                else ""
            ),
            do=f"appliance models free {each['id']}, when other programs have left the GPU",
            needed=False,
        )
        for each in now.models
    ]


def _ago(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s ago"
    return f"{seconds / 60:.0f} min ago" if seconds < 7200 else f"{seconds / 3600:.0f} h ago"
