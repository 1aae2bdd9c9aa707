from __future__ import annotations

import pytest

from appliance.core.clock import micros
from appliance.core.jobs import Lane
from appliance.services.health import health, worker_age_s
from tests.support.box import claim, opened_box, submit


def test_a_box_whose_worker_beats_is_ok(box):
    now = health(box)

    assert (now.status, now.worker_alive, now.worker_age_s) == ("ok", True, 0.0)
    assert now.queued == {Lane.HEAVY: 0, Lane.LIGHT: 0}
    assert now.free_gb > 0
    assert not now.disk_low


@pytest.mark.parametrize(("seconds", "alive"), [(15, True), (15.1, False)])
def test_a_worker_that_has_not_beaten_for_a_while_counts_as_gone(box, clock, seconds, alive):
    clock.step(seconds=seconds)

    assert health(box).worker_alive is alive
    assert health(box).status == ("ok" if alive else "degraded")


def test_a_worker_that_left_in_order_is_gone_at_once(box):
    box.live.quiet("worker")

    assert worker_age_s(box) is None
    assert health(box).status == "degraded"
    assert health(box).workers[0].card is None


def test_a_heartbeat_from_a_clock_ahead_is_young_not_negative(box, clock):
    box.live.beat("worker", micros(clock.now()) + 10_000_000)

    assert worker_age_s(box) == 0.0


def test_the_gpu_is_what_the_worker_says(box, clock):
    box.live.beat("worker", micros(clock.now()), '{"gpu": {"name": "H200"}, "running": 0}')

    assert health(box).workers[0].card == {"name": "H200"}


@pytest.fixture
def two(tmp_path, clock):
    """A box of two GPUs whose first worker lives."""
    with opened_box(tmp_path, clock=clock, worker__gpus=[0, 1]) as box:
        box.live.beat("worker", micros(clock.now()), '{"models": [{"id": "a"}], "jobs": [1]}')
        yield box


def test_one_worker_of_two_that_is_down_degrades_the_box_which_goes_on_accepting(two):
    assert (health(two).status, health(two).accepts) == ("degraded", True)


def test_without_the_first_worker_no_job_is_accepted(two, clock):
    two.live.quiet("worker")
    two.live.beat("worker-1", micros(clock.now()))

    assert (health(two).status, health(two).accepts) == ("degraded", False)


def test_models_and_jobs_are_those_of_every_living_worker(two, clock):
    two.live.beat("worker-1", micros(clock.now()), '{"models": [{"id": "a"}], "jobs": [2]}')

    assert (health(two).status, health(two).accepts) == ("ok", True)
    assert health(two).models == [{"id": "a", "gpu": 0}, {"id": "a", "gpu": 1}]
    assert health(two).jobs == [1, 2]

    clock.step(seconds=16)
    two.live.beat("worker", micros(clock.now()), "{}")
    assert (health(two).models, health(two).jobs) == ([], [])


def test_only_pending_jobs_are_queued(box, ada):
    for _ in range(3):
        submit(box, ada.actor)
    claim(box)

    assert health(box).queued == {Lane.HEAVY: 0, Lane.LIGHT: 2}


def test_a_disk_below_its_low_water_mark_degrades_the_box(tmp_path):
    with opened_box(tmp_path, storage__low_water_mb=10**9) as box:
        assert health(box).disk_low
        assert health(box).status == "degraded"
