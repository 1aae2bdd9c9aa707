"""Many models in little memory: a heavy lane as the worker runs it, real pipelines, a real box."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
import torch
from typing_extensions import override

from appliance.core.clock import SYSTEM_CLOCK
from appliance.core.model import Model
from appliance.engines import registry
from appliance.engines.budget import ProcessBudget
from appliance.engines.pool import Pool
from appliance.engines.registry import CPU, Engine
from appliance.operations import discover
from appliance.services.box import Box
from appliance.services.jobs.admission import admit
from appliance.services.memory import Wish
from appliance.worker.children import Children
from appliance.worker.heavy import HeavyLane
from appliance.worker.running import Running
from appliance.worker.settling import Settler
from tests.support.box import alive, ask, opened_box
from tests.support.personas import move_in
from tests.support.pipelines import add_model, tiny_flux, tiny_sd, tiny_sdxl

MODELS = {"one": tiny_sdxl, "two": tiny_sd, "three": tiny_flux, "four": tiny_sd}
ROOM = 2
_MB = 1 << 20


class RoomForTwo(ProcessBudget):
    """A budget that holds two models, whatever they weigh. What is used is really measured."""

    pool: Pool

    @override
    def free_mb(self) -> int:
        return 200 * (ROOM - len(self.pool.loaded()))


class Studio:
    """A heavy lane on a box of four models, which remembers what it loaded."""

    def __init__(self, box: Box, children: Children) -> None:
        self.box, self.actor = box, move_in(box, credit_usd="1000").ada.actor
        self.loads: list[str] = []
        self.too_large: set[str] = set()  # models that torch's allocator refuses
        self.faulty: set[str] = set()  # models whose engine has a bug
        running = Running()
        self.lane = HeavyLane(box, "boot", children, running, Settler(box))
        budget = RoomForTwo(10_000)
        budget.pool = self.lane.memory.pool = Pool(budget, self._engine, CPU)

    def _engine(self, name: str) -> Engine:
        engine = registry.engine(name)

        def load(model: Model, device: registry.Device) -> object:
            if model.id in self.too_large:
                torch.empty(1 << 50)
            if model.id in self.faulty:
                raise KeyError("unet")
            self.loads.append(model.id)
            return engine.load(model, device)

        return replace(engine, load=load)

    def submit(self, model: str) -> str:
        alive(self.box)
        operation = self.box.catalogue["image.generate"]
        asked = {"prompt": "A cat", "model": model, "width": 256, "height": 256, "steps": 1}
        request = ask(self.actor, "image.generate", params=operation.read(asked), model=model)
        return admit(self.box, replace(request, price_entry="jobs.generate")).job.id

    def work(self, models: list[str]) -> list[str]:
        """Have a job made by each of these models; their ids."""
        jobs = [self.submit(model) for model in models]
        self.lane.run_next()
        deadline = time.monotonic() + 300
        while self._unfinished():
            assert time.monotonic() < deadline, "jobs did not end"
            time.sleep(0.05)
        return jobs

    def _unfinished(self) -> bool:
        row = self.box.db.row("SELECT count(*) FROM job WHERE state IN ('pending', 'processing')")
        return bool(row and row[0])


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)  # on tiny models the threads' own cost is twelve times the work


@pytest.fixture
def settings() -> dict[str, object]:
    return {}


@pytest.fixture
def studio(tmp_path: Path, settings: dict[str, object]) -> Iterator[Studio]:
    for name, build in MODELS.items():
        add_model(tmp_path / "models", build, name)
    given = {"worker__prefer_loaded_s": 0.0, **settings}
    with opened_box(tmp_path, catalogue=discover(), clock=SYSTEM_CLOCK, **given) as box:
        children = Children(box.settings)
        studio = Studio(box, children)
        try:
            yield studio
        finally:
            studio.lane.close()
            children.close()


def least_lately_used(models: list[str]) -> list[str]:
    """What has to be loaded for these jobs in turn with room for two."""
    loads, held = [], []
    for model in models:
        if model in held:
            held.remove(model)
        else:
            loads.append(model)
        held = [*held, model][-ROOM:]
    return loads


def alternating(count: int) -> list[str]:
    choose = random.Random(4)
    return [choose.choice(list(MODELS)) for _ in range(count)]


def check_order(studio: Studio, jobs: list[str]) -> None:
    rows = studio.box.db.rows("SELECT id, state FROM job ORDER BY started_at, id")
    assert rows == [(job, "completed") for job in jobs]


def test_jobs_of_four_models_run_in_order_and_load_no_more_than_they_must(studio):
    models = alternating(16)

    jobs = studio.work(models)

    check_order(studio, jobs)
    assert studio.loads == least_lately_used(models)
    assert studio.lane.memory.pool.loads == len(studio.loads)
    told = studio.lane.memory.says()
    assert {each["id"] for each in told["models"]} == set(studio.loads[-ROOM:])
    assert all(each["load_s"] > 0 for each in told["models"])


def held(studio: Studio) -> list[str]:
    return [each.model.id for each in studio.lane.memory.pool.loaded()]


def test_a_job_that_runs_out_of_memory_is_not_paid_for_and_later_jobs_work(studio):
    studio.too_large.add("two")

    studio.work(["one", "two", "one"])

    rows = studio.box.db.rows("SELECT state, error FROM job ORDER BY number")
    assert [state for state, _error in rows] == ["completed", "failed", "completed"]
    error = json.loads(rows[1][1])
    assert (error["code"], "Memory does not suffice for two" in error["message"]) == (
        "processing_failed",
        True,
    )
    holds = studio.box.db.rows("SELECT state, count(*) FROM hold GROUP BY state ORDER BY state")
    assert holds == [("captured", 2), ("released", 1)]


def test_a_model_is_dropped_when_asked_between_two_jobs(studio):
    studio.work(["one", "two"])

    studio.lane.memory.ask(Wish.FREE, "one")
    studio.lane.run_next()

    assert held(studio) == ["two"]
    told = studio.box.live.heartbeat("worker free one")
    assert set(json.loads(told.says)) == {"before_mb", "after_mb"}


def test_a_model_is_loaded_when_asked_before_a_job_needs_it(studio):
    studio.lane.memory.ask(Wish.LOAD, "one")
    studio.lane.run_next()

    assert (held(studio), studio.loads) == (["one"], ["one"])
    told = json.loads(studio.box.live.heartbeat("worker load one").says)
    assert told["load_s"] > 0
    assert {*told} == {"before_mb", "after_mb", "load_s"}

    studio.work(["one"])
    assert studio.loads == ["one"]


def test_a_model_that_does_not_fit_is_told_and_jobs_go_on(studio):
    studio.too_large.add("two")

    studio.lane.memory.ask(Wish.LOAD, "two")
    studio.lane.memory.ask(Wish.LOAD, "three-of-nobody")
    studio.work(["one"])

    board = studio.box.live
    assert "Memory does not suffice" in json.loads(board.heartbeat("worker load two").says)["error"]
    assert "no model" in json.loads(board.heartbeat("worker load three-of-nobody").says)["error"]
    assert held(studio) == ["one"]


def test_a_model_whose_files_are_broken_is_told_and_jobs_go_on(studio, caplog):
    for file in (studio.box.home.models / "two").rglob("*.safetensors"):
        file.write_bytes(b"broken")
    studio.faulty.add("three")

    for model in ("two", "three"):
        studio.lane.memory.ask(Wish.LOAD, model)
    studio.work(["one"])

    board = studio.box.live
    assert "two cannot be loaded" in json.loads(board.heartbeat("worker load two").says)["error"]
    told = json.loads(board.heartbeat("worker load three").says)
    assert told == {"error": "The model cannot be loaded; the appliance's log has the details."}
    assert "three was asked for" in caplog.text


@pytest.mark.parametrize("settings", [{"worker__model_idle_s": 1e-6}])
def test_idle_models_are_dropped_when_there_is_nothing_to_do(studio):
    studio.work(["one"])
    assert held(studio) == [], "the lane ended idle"

    studio.lane.run_next()
    assert studio.loads == ["one"]


@pytest.mark.parametrize("settings", [{"models__pinned": ["three"], "worker__model_idle_s": 1e-6}])
def test_a_pinned_model_is_loaded_before_anybody_asks(studio):
    studio.lane.memory.pool._pinned = frozenset({"three"})  # this pool is the test's

    studio.lane.run_next()

    assert (held(studio), studio.loads) == (["three"], ["three"])


@pytest.mark.slow
def test_two_hundred_of_them_take_no_more_memory_than_fifty(studio):
    models = alternating(200)
    process = psutil.Process()

    jobs = studio.work(models[:50])
    after_50 = process.memory_info().rss // _MB
    jobs += studio.work(models[50:])
    after_200 = process.memory_info().rss // _MB

    check_order(studio, jobs)
    assert studio.loads == least_lately_used(models)
    assert len(studio.loads) > 80
    assert after_200 <= after_50 + 64, f"MB after 50 jobs: {after_50}, after 200: {after_200}"
