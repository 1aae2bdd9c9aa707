from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from appliance.adapters.queue import CHORES, HEAVY, LIGHT, Lanes

OTHER_PROCESS = """
import sys
from pathlib import Path
from appliance.adapters.queue import Lanes
Lanes(Path(sys.argv[1]), Path(sys.argv[2])).nudge(sys.argv[3])
"""


class Runner:
    """Notes when it ran; does what it is told besides."""

    def __init__(self, work: Callable[[], None] = lambda: None) -> None:
        self._work = work
        self._ran = threading.Semaphore(0)

    def __call__(self) -> None:
        self._ran.release()
        self._work()

    def ran(self, within_s: float) -> bool:
        return self._ran.acquire(timeout=within_s)


def opened(folder: Path) -> Lanes:
    return Lanes(folder / "queue.db", folder / "run")


def put_away(lanes: Lanes) -> None:
    # Lanes close nothing themselves: in the worker they live as long as the process.
    for huey in lanes._hueys.values():
        if huey.storage._doorbell:
            huey.storage._doorbell.close()
        huey.storage.close()


@pytest.fixture
def lanes(tmp_path: Path) -> Iterator[Lanes]:
    """A worker's lanes, not started."""
    fresh = opened(tmp_path)
    yield fresh
    fresh.stop()
    assert fresh.join(timeout_s=5)
    put_away(fresh)


def started(lanes: Lanes, **threads: int) -> Lanes:
    lanes.start(threads)
    time.sleep(0.1)  # idle, as a lane is most of the time
    return lanes


def test_a_nudge_runs_what_is_installed_within_a_second(lanes):
    runner = Runner()
    lanes.install(HEAVY, runner)
    started(lanes, heavy=1).nudge(HEAVY)

    assert runner.ran(within_s=0.5)
    assert not runner.ran(within_s=0.2)


def test_a_nudge_from_another_process_arrives_as_fast(lanes, tmp_path):
    runner = Runner()
    lanes.install(LIGHT, runner)
    started(lanes, light=1)
    where = [str(tmp_path / "queue.db"), str(tmp_path / "run"), LIGHT]

    subprocess.run([sys.executable, "-c", OTHER_PROCESS, *where], check=True, timeout=20)

    assert runner.ran(within_s=0.5)


def test_a_nudge_of_before_the_start_is_taken_up(lanes, tmp_path):
    opened(tmp_path).nudge(HEAVY)
    runner = Runner()
    lanes.install(HEAVY, runner)
    started(lanes, heavy=1)

    assert runner.ran(within_s=2)


def test_lanes_run_their_own_work_only(lanes):
    heavy, light, chores = Runner(), Runner(), Runner()
    for name, runner in ((HEAVY, heavy), (LIGHT, light), (CHORES, chores)):
        lanes.install(name, runner)
    started(lanes, heavy=1, light=1, chores=1).nudge(LIGHT)

    assert light.ran(within_s=1)
    assert not heavy.ran(within_s=0.1)
    assert not chores.ran(within_s=0.1)


def test_a_lane_of_two_threads_does_two_things_at_once(lanes):
    together = threading.Barrier(2, timeout=3)
    met = Runner(lambda: (together.wait(), met_both.set()))
    met_both = threading.Event()
    lanes.install(LIGHT, met)
    started(lanes, light=2)

    lanes.nudge(LIGHT)
    lanes.nudge(LIGHT)

    assert met_both.wait(3)


@pytest.fixture
def both(tmp_path: Path) -> Iterator[tuple[Lanes, Lanes]]:
    """The lanes of two workers, not started."""
    where = (tmp_path / "queue.db", tmp_path / "run", (HEAVY, "heavy-1"))
    pair = Lanes(*where), Lanes(*where)
    yield pair
    for lanes in pair:
        lanes.stop()
        assert lanes.join(timeout_s=5)
        put_away(lanes)


def test_every_worker_hears_a_nudge_of_a_lane_that_they_share(both):
    runners = Runner(), Runner()
    for lanes, runner, queue in zip(both, runners, (HEAVY, "heavy-1"), strict=True):
        lanes.install(queue, runner)
        lanes.start({queue: 1})

    both[0].nudge(HEAVY)

    for runner in runners:
        assert runner.ran(within_s=2)


def test_one_worker_is_woken_alone(both):
    runners = Runner(), Runner()
    for lanes, runner, queue in zip(both, runners, (HEAVY, "heavy-1"), strict=True):
        lanes.install(queue, runner)
        lanes.start({queue: 1})

    both[0].wake("heavy-1")

    assert runners[1].ran(within_s=2)
    assert not runners[0].ran(within_s=0.3)


def test_nudges_of_a_worker_that_does_not_run_do_not_pile_up(both):
    for _ in range(5):
        both[0].nudge(HEAVY)
        both[0].nudge_another(HEAVY)

    waiting = {name: both[0]._hueys[name].pending_count() for name in (HEAVY, "heavy-1")}
    assert waiting == {HEAVY: 5, "heavy-1": 1}


def test_another_nudge_is_given_only_where_none_waits(lanes):
    runner = Runner()
    lanes.install(LIGHT, runner)

    for _ in range(3):
        lanes.nudge_another(LIGHT)
    started(lanes, light=1)

    assert runner.ran(within_s=2)
    assert not runner.ran(within_s=0.3)


def test_a_queue_that_is_out_of_order_loses_nudges_and_says_so(lanes, tmp_path, caplog):
    lanes.nudge(LIGHT)
    with sqlite3.connect(tmp_path / "queue.db") as queue:
        queue.execute("DROP TABLE task")
    queue.close()

    lanes.nudge(LIGHT)
    lanes.nudge_another(LIGHT)

    assert caplog.text.count("a nudge of the light lane was lost") == 2


def test_a_runner_that_fails_does_not_stop_its_lane(lanes, caplog):
    def fail() -> None:
        raise RuntimeError("on purpose")

    runner = Runner(fail)
    lanes.install(HEAVY, runner)
    started(lanes, heavy=1)

    for _ in range(2):
        lanes.nudge(HEAVY)
        assert runner.ran(within_s=2)


def test_after_a_stop_nothing_more_is_taken(tmp_path):
    lanes, runner = opened(tmp_path), Runner()
    lanes.install(HEAVY, runner)
    started(lanes, heavy=1)

    lanes.stop()
    assert lanes.join(timeout_s=5)
    lanes.nudge(HEAVY)

    assert not runner.ran(within_s=0.3)
    put_away(lanes)


def test_joining_tells_when_a_thread_is_still_at_work(lanes):
    release = threading.Event()
    runner = Runner(lambda: release.wait(5))
    lanes.install(HEAVY, runner)
    started(lanes, heavy=1).nudge(HEAVY)
    assert runner.ran(within_s=1)

    lanes.stop()

    assert not lanes.join(timeout_s=0.1)
    release.set()
