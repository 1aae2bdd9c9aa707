from __future__ import annotations

import pytest

from appliance.web.windows import Windows


@pytest.fixture
def windows(clock):
    return Windows(clock)


def enter(windows, who, count):
    return [windows.enter(who, 3, 10)[0] for _ in range(count)]


def test_a_window_takes_so_many_and_no_more(windows):
    assert enter(windows, "ada", 5) == [True, True, True, False, False]
    assert enter(windows, "cyd", 1) == [True]


def test_a_window_moves_and_a_refused_request_does_not_count(windows, clock):
    enter(windows, "ada", 1)
    clock.step(seconds=6)
    assert enter(windows, "ada", 3) == [True, True, False]

    clock.step(seconds=4.001)

    assert enter(windows, "ada", 2) == [True, False]


def test_where_a_caller_stands_is_told_without_counting(windows, clock):
    began = clock.now().timestamp()
    told = [windows.enter("ada", 3, 10)[1] for _ in range(2)]
    clock.step(seconds=1)

    seen = [windows.look("ada", 10) for _ in range(3)]

    assert [each.entries for each in told] == [1, 2]
    assert {(each.entries, each.since) for each in seen} == {(2, began)}
    assert windows.look("cyd", 10).since == clock.now().timestamp()


def test_callers_that_do_not_come_back_are_forgotten(windows, clock):
    for n in range(10_050):
        windows.enter(f"address-{n}", 3, 10)
    clock.step(hours=2)

    enter(windows, "ada", 1)

    assert len(windows) < 100
