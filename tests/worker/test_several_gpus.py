"""A box of two GPUs, played on the CPU: two workers share the queue; neither needs the other."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import psutil
import pytest

from appliance.core.clock import SYSTEM_CLOCK
from appliance.core.jobs import Actor, JobView, State
from appliance.operations import discover
from appliance.services import memory
from appliance.services.box import Box, open_box
from appliance.services.health import health
from appliance.services.jobs import claiming, reading, steering
from appliance.services.jobs.admission import admit
from appliance.services.money import audit
from tests.support.box import ask, let_go
from tests.support.personas import move_in
from tests.support.pipelines import add_model, tiny_sdxl
from tests.support.tending import Tended, wait_until

PATIENCE_S = 240  # each worker imports torch
SETTINGS = {"APPLIANCE_WORKER__GPUS": "[0, 1]", "APPLIANCE_WORKER__STOP_GRACE_S": "0.0"}
WORDS = {"worker": ("worker",), "worker-1": ("worker", "--gpu", "1")}
LONG, SHORT = {"steps": 100, "count": 4}, {"steps": 1}


@dataclass
class Pair:
    """The two workers of a box, without a web process: jobs are submitted from here."""

    tended: Tended
    box: Box
    actor: Actor
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def wait(self, reached) -> None:
        wait_until(reached, self.tended.log, PATIENCE_S)

    def begin(self) -> None:
        """Have both run, and torch imported."""
        for name in {*WORDS} - {*self.running}:
            self.running[name] = self.tended.begun(name, *WORDS[name])
        self.wait(lambda: health(self.box).status == "ok")

    def end(self, how: signal.Signals, *names: str) -> list[int]:
        for name in names:
            self.running[name].send_signal(how)
        return [self.running.pop(name).wait(timeout=120) for name in names]

    def submit(self, length: dict[str, int]) -> str:
        operation = self.box.catalogue["image.generate"]
        asked = {"prompt": "A cup", "width": 256, "height": 256, **length}
        request = ask(self.actor, "image.generate", params=operation.read(asked))
        return admit(self.box, replace(request, price_entry="jobs.generate")).job.id

    def both_busy(self) -> dict[int | None, str]:
        """Two long jobs, by the GPU each runs on."""
        jobs = [self.submit(LONG) for _ in range(2)]
        self.wait(lambda: all(self.moves(job) for job in jobs))
        by_gpu = {gpu: job for job, gpu in claiming.at_work(self.box).items()}
        assert {*by_gpu} == {0, 1}
        return by_gpu

    def moves(self, job: str) -> bool:
        seen = self.box.live.seen(job)
        return self.job(job).state is State.PROCESSING and seen is not None and seen.step.step > 0

    def job(self, job: str) -> JobView:
        return reading.job_by_id(self.box, job)

    def run_until(self, state: State, *jobs: str) -> None:
        self.wait(lambda: all(self.job(job).state is state for job in jobs))

    def cancel(self, *jobs: str) -> None:
        for job in jobs:
            steering.cancel(self.box, self.actor.account, job)
        self.run_until(State.CANCELLED, *jobs)


@pytest.fixture(scope="module")
def workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    home = tmp_path_factory.mktemp("gpus")
    (home / "models").mkdir()
    add_model(home / "models", tiny_sdxl, "tiny-sdxl")
    tended = Tended(home, SETTINGS)
    box = open_box(tended.environ, discover(), clock=SYSTEM_CLOCK)
    pair = Pair(tended, box, move_in(box, credit_usd="1000").ada.actor)
    pair.begin()
    try:
        yield pair
    finally:
        pair.end(signal.SIGKILL, *pair.running)
        let_go(box)


@pytest.fixture
def pair(workers: Pair) -> Pair:
    workers.begin()
    return workers


def test_jobs_run_on_both_at_once_and_a_cancellation_reaches_the_second(pair):
    jobs = pair.both_busy()

    pair.cancel(jobs[1])

    assert pair.moves(jobs[0])
    pair.cancel(jobs[0])


@pytest.mark.slow
def test_each_job_of_many_is_done_once(pair):
    jobs = [pair.submit(SHORT) for _ in range(12)]

    pair.run_until(State.COMPLETED, *jobs)

    assert {pair.job(job).attempt for job in jobs} == {1}
    assert audit.faults(pair.box.db) == []


@pytest.mark.slow
def test_a_model_is_loaded_and_dropped_on_both(pair):
    memory.free(pair.box, "tiny-sdxl", patience_s=PATIENCE_S)

    loaded = memory.load(pair.box, "tiny-sdxl", patience_s=PATIENCE_S)

    assert loaded.load_s > 0
    assert loaded.after_mb > 0
    pair.wait(lambda: {each["gpu"] for each in health(pair.box).models} == {0, 1})
    memory.free(pair.box, "tiny-sdxl", patience_s=PATIENCE_S)
    pair.wait(lambda: health(pair.box).models == [])


@pytest.mark.slow
def test_one_that_is_killed_comes_back_to_its_job_and_does_not_disturb_the_others(pair):
    jobs = pair.both_busy()
    children = psutil.Process(pair.running["worker-1"].pid).children(recursive=True)

    pair.end(signal.SIGKILL, "worker-1")

    assert pair.job(jobs[1]).state is State.PROCESSING
    pair.wait(lambda: not [each for each in children if alive(each)])
    pair.begin()
    pair.wait(lambda: pair.job(jobs[1]).attempt == 2 and pair.moves(jobs[1]))
    other = pair.job(jobs[0])
    assert (other.attempt, other.state in (State.PROCESSING, State.COMPLETED)) == (1, True)
    pair.cancel(jobs[1])
    if other.state is State.PROCESSING:
        pair.cancel(jobs[0])


def alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


@pytest.mark.parametrize(
    ("gpu", "says"), [("1", "is running already"), ("7", "does not name GPU 7, but 0, 1")]
)
def test_a_gpu_has_one_worker_and_only_if_settings_name_it(pair, gpu, says):
    refused = pair.tended.begun("refused", "worker", "--gpu", gpu)

    assert refused.wait(timeout=60) == 1
    assert says in (pair.tended.home / "refused.log").read_text()


@pytest.mark.slow
def test_both_stop_in_order_and_no_try_is_lost(pair):
    jobs = pair.both_busy()

    assert pair.end(signal.SIGTERM, "worker", "worker-1") == [0, 0]

    rows = pair.box.db.rows("SELECT id, tries FROM job WHERE state = 'pending'")
    assert {*rows} == {(job, 0) for job in jobs.values()}
    assert health(pair.box).workers[0].age_s is health(pair.box).workers[1].age_s is None
    assert [*(pair.box.home.tmp / "jobs").glob("*/*")] == []
