from __future__ import annotations

import pytest
from limits import parse
from limits.strategies import MovingWindowRateLimiter

from appliance.web.windows import WindowStorage

RATE = parse("3 per 10 second")


@pytest.fixture
def storage(clock):
    return WindowStorage(clock)


def hits(storage, who, count):
    limiter = MovingWindowRateLimiter(storage)
    return [limiter.hit(RATE, who) for _ in range(count)]


def test_a_window_takes_so_many_and_no_more(storage):
    assert hits(storage, "ada", 5) == [True, True, True, False, False]
    assert hits(storage, "cyd", 1) == [True]


def test_a_window_moves_and_a_refused_request_does_not_count(storage, clock):
    hits(storage, "ada", 1)
    clock.step(seconds=6)
    assert hits(storage, "ada", 3) == [True, True, False]

    clock.step(seconds=4.001)

    assert hits(storage, "ada", 2) == [True, False]


def test_where_a_caller_stands_is_told_without_counting(storage, clock):
    limiter = MovingWindowRateLimiter(storage)
    hits(storage, "ada", 2)
    stats = [limiter.get_window_stats(RATE, "ada") for _ in range(3)]

    assert {each.remaining for each in stats} == {1}
    assert stats[0].reset_time == pytest.approx(clock.now().timestamp() + 10)


def test_callers_that_do_not_come_back_are_forgotten(storage, clock):
    for n in range(10_050):
        storage.acquire_entry(f"address-{n}", 3, 10)
    clock.step(hours=2)

    hits(storage, "ada", 1)

    assert storage.reset() < 100
