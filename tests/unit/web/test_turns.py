"""Turns: one task at a time, unless one takes long or stands aside."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from appliance.web.turns import TakingTurns, aside


@dataclass
class Task:
    """What waitress's loop hands over: a channel with a request."""

    service: Callable[[], None]


@pytest.fixture
def turns() -> Iterator[TakingTurns]:
    turns = TakingTurns()
    turns.set_thread_count(6)
    yield turns
    turns.shutdown(timeout=10)
    assert not turns.threads


def test_quick_ones_are_worked_on_one_after_the_other(turns: TakingTurns) -> None:
    under_way, most, order = [], [], []
    done = threading.Semaphore(0)

    def work(number: int) -> None:
        under_way.append(number)
        most.append(len(under_way))
        time.sleep(0.002)
        order.append(number)
        under_way.remove(number)
        done.release()

    for number in range(40):
        turns.add_task(Task(lambda number=number: work(number)))
    for _each in range(40):
        assert done.acquire(timeout=20)

    assert order == list(range(40))
    assert max(most) == 1


def test_nobody_waits_for_a_slow_one(turns: TakingTurns) -> None:
    slow_may_end, done = threading.Event(), threading.Semaphore(0)

    turns.add_task(Task(lambda: slow_may_end.wait(20)))
    for _each in range(3):  # all of them there before anybody could notice that it is slow
        turns.add_task(Task(done.release))

    for _each in range(3):
        assert done.acquire(timeout=10)
    assert not slow_may_end.is_set()
    slow_may_end.set()


def test_as_many_slow_ones_as_there_are_threads_run_together(turns: TakingTurns) -> None:
    all_there = threading.Barrier(6, timeout=20)
    passed = threading.Semaphore(0)

    def meet() -> None:
        all_there.wait()
        passed.release()

    for _each in range(6):
        turns.add_task(Task(meet))

    for _each in range(6):
        assert passed.acquire(timeout=20)


def test_who_stands_aside_lets_the_next_begin_and_goes_on(turns: TakingTurns) -> None:
    heard, ended = threading.Event(), threading.Event()

    def waits() -> None:
        with aside():
            heard.wait(20)
        ended.set()

    turns.add_task(Task(waits))
    turns.add_task(Task(heard.set))

    assert ended.wait(10)


def test_a_task_that_fails_ends_its_turn(
    turns: TakingTurns, caplog: pytest.LogCaptureFixture
) -> None:
    done = threading.Event()

    def fail() -> None:
        raise ValueError("broken")

    turns.add_task(Task(fail))
    turns.add_task(Task(done.set))

    assert done.wait(10)
    assert "Exception when servicing" in caplog.text


def test_aside_is_for_everybody() -> None:
    with aside():
        pass  # a thread that never took a turn: a command, a test
