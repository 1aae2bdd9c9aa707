"""Kill any process in the middle of a job: no job is lost, none is charged twice, no poll lies."""

from __future__ import annotations

import base64
import json
import os
import signal
import threading
import time
from typing import Any

import pytest

from tests.worker.conftest import Running

LONG = {"prompt": "a long one", "width": 256, "height": 256, "steps": 100, "count": 2, "seed": 5}


def photo(running: Running) -> str:
    return base64.b64encode((running.media / "product.jpg").read_bytes()).decode()


def start_heavy(running: Running) -> str:
    job: str = running.client.post("/api/v1/generate", LONG).json["data"]["id"]
    return until(running, job, lambda data: data["progress"] > 0.05)


def start_light(running: Running) -> str:
    body = {"image_base64": photo(running), "width": 6000, "height": 6000, "format": "png"}
    job: str = running.client.post("/api/v1/operations/product.process", body).json["data"]["id"]
    return until(running, job, lambda data: data["status"] == "processing")


def until(running: Running, job: str, reached: Any) -> str:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        data = running.client.get(f"/api/v1/jobs/{job}").json["data"]
        assert data["status"] in ("pending", "processing"), data
        if reached(data):
            return job
        time.sleep(0.01)
    raise AssertionError(data)


def wait_for_attempt(running: Running, job: str, attempt: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        shown = json.loads(running.appliance.command("jobs", "show", job))
        if shown["attempt"] == attempt and shown["status"] == "processing":
            return
    raise AssertionError(shown)


def credits(running: Running) -> float:
    data: dict[str, float] = running.client.get("/api/v1/credits").json["data"]
    return data["credits_remaining"] + data["credits_held"]


def check_completed_once(running: Running, job: str, before: float) -> None:
    data = running.client.ended(job)
    assert data["status"] == "completed", data
    assert credits(running) == before - data["credits"]
    link = data["outputs"][0]["url"].partition("/files/")[2]
    assert running.client.get(f"/files/{link}").status == 200
    assert running.appliance.command("ledger", "verify") == "The books are in order."


class Watcher:
    """Polls a job all the while, and remembers what it was told."""

    def __init__(self, running: Running, job: str) -> None:
        self.running, self.job = running, job
        self.told: list[dict[str, Any]] = []
        self.thread = threading.Thread(target=self._poll)
        self.thread.start()

    def _poll(self) -> None:
        while not self.told or self.told[-1]["status"] in ("pending", "processing"):
            self.told.append(self.running.client.get(f"/api/v1/jobs/{self.job}").json["data"])
            time.sleep(0.05)

    def check_the_truth(self) -> None:
        """Nothing was promised that did not hold, and what ran said since when."""
        self.thread.join(timeout=120)
        assert self.told[-1]["status"] == "completed"
        for data in self.told[:-1]:
            assert data["outputs"] == []
            assert data["progress"] < 1
            assert (data["started_at"] is not None) == (data["status"] == "processing")
            assert data["completed_at"] is None


@pytest.mark.parametrize("start", [start_heavy, start_light])
def test_a_job_completes_once_after_the_worker_was_killed(running: Running, start: Any) -> None:
    before = credits(running)
    job = start(running)
    watcher = Watcher(running, job)

    running.appliance.kill("worker")

    check_completed_once(running, job, before)
    watcher.check_the_truth()


def test_a_light_job_completes_once_after_its_child_was_killed(running: Running) -> None:
    before = credits(running)
    job = start_light(running)

    for child in running.appliance.children():
        if child.cpu_times().user > 0.3:
            os.kill(child.pid, signal.SIGKILL)

    check_completed_once(running, job, before)


def test_a_job_completes_once_after_the_web_was_killed(running: Running) -> None:
    before = credits(running)
    job = start_heavy(running)

    running.appliance.kill("web")
    running.appliance.wait_ready(running.client)

    check_completed_once(running, job, before)


def test_a_job_goes_back_without_costing_a_try_when_the_worker_is_stopped(running: Running) -> None:
    before = credits(running)
    job = start_heavy(running)

    os.kill(running.appliance.pid("worker"), signal.SIGTERM)

    check_completed_once(running, job, before)


def test_a_job_whose_worker_keeps_dying_fails_and_costs_nothing(running: Running) -> None:
    running.appliance.stop()  # begun anew, it does not wait longer each time for the earlier deaths
    running.appliance.start()
    before = credits(running)
    job = start_heavy(running)

    for attempt in (1, 2, 3):
        wait_for_attempt(running, job, attempt)
        running.appliance.kill("worker")

    data = running.client.ended(job)
    assert data["status"] == "failed"
    assert data["error"]["retryable"] is True
    assert credits(running) == before
    assert running.appliance.command("ledger", "verify") == "The books are in order."


def test_a_running_heavy_job_is_cancelled_within_a_step(running: Running) -> None:
    before = credits(running)
    job = start_heavy(running)

    reply = running.client.send("DELETE", f"/api/v1/jobs/{job}")

    assert reply.json["data"]["cancel_requested"] is True
    started = time.monotonic()
    assert running.client.ended(job)["status"] == "cancelled"
    assert time.monotonic() - started < 10
    assert credits(running) == before


def test_a_running_light_job_is_cancelled_by_killing_its_child(running: Running) -> None:
    before = credits(running)
    job = start_light(running)

    assert running.client.send("DELETE", f"/api/v1/jobs/{job}").status == 200

    assert running.client.ended(job)["status"] == "cancelled"
    assert credits(running) == before
    assert running.appliance.command("ledger", "verify") == "The books are in order."


def test_a_parked_wait_is_answered_when_the_web_is_stopped(running: Running) -> None:
    job = start_heavy(running)
    answers: list[int] = []
    parked = threading.Thread(
        target=lambda: answers.append(running.client.get(f"/api/v1/jobs/{job}?wait=60").status)
    )
    parked.start()
    time.sleep(1)

    os.kill(running.appliance.pid("web"), signal.SIGTERM)
    parked.join(timeout=10)

    assert answers == [200]
    running.appliance.wait_ready(running.client)
    running.client.send("DELETE", f"/api/v1/jobs/{job}")
