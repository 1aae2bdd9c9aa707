from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from appliance.adapters.live import Heartbeat, LiveBoard, Seen
from appliance.core.ids import JobId
from appliance.core.progress import Step

JOB = JobId("01ARZ3NDEKTSV4RRFFQ69G5FAV")


def close(board: LiveBoard) -> None:
    board._connection().close()
    del board._local.connection


@pytest.fixture
def board(tmp_path: Path) -> Iterator[LiveBoard]:
    fresh = LiveBoard(tmp_path / "live.db")
    yield fresh
    close(fresh)


def test_nothing_is_known_of_a_job_before_its_first_report(board):
    assert board.seen(JOB) is None
    assert board.heartbeat("worker") is None


def test_the_last_report_is_shown_and_counted(board):
    board.report(JOB, 1, Step(0.25, step=1, steps=4))
    board.report(JOB, 1, Step(0.5, "running", 2, 4))

    assert board.seen(JOB) == Seen(1, Step(0.5, "running", 2, 4), seq=2)


def test_a_preview_stays_until_the_next_one(board):
    board.report(JOB, 1, Step(0.25, preview=b"one"))
    board.report(JOB, 1, Step(0.5))
    kept = board.seen(JOB)
    board.report(JOB, 1, Step(0.75, preview=b"two"))

    assert kept.step.preview == b"one"
    assert board.seen(JOB).step.preview == b"two"


def test_jobs_do_not_see_each_others_reports(board):
    board.report(JOB, 1, Step(0.25))

    assert board.seen(JobId("other")) is None


def test_a_finished_job_is_taken_off_the_board(board):
    board.report(JOB, 1, Step(0.25))

    board.forget(JOB)
    board.forget(JOB)

    assert board.seen(JOB) is None


def test_all_is_forgotten_but_what_others_run(board):
    for job in (JOB, JobId("other")):
        board.report(job, 1, Step(0.25))

    board.clear(but=[JOB])
    assert (board.seen(JOB) is None, board.seen(JobId("other"))) == (False, None)

    board.clear()
    assert board.seen(JOB) is None


def test_a_heartbeat_is_the_last_one_and_goes_with_an_orderly_end(board):
    board.beat("worker", 1, '{"gpu": null}')
    board.beat("worker", 2)

    assert board.heartbeat("worker") == Heartbeat(2, "{}")
    board.quiet("worker")
    assert board.heartbeat("worker") is None


def test_another_process_sees_the_same_board(board, tmp_path):
    board.report(JOB, 3, Step(0.5, preview=b"\xff\xd8"))
    other = LiveBoard(tmp_path / "live.db")

    assert other.seen(JOB) == Seen(3, Step(0.5, preview=b"\xff\xd8"), seq=1)
    close(other)


def together(board: Path, count: int, work: Callable[[LiveBoard, int], None]) -> None:
    """Let `count` processes, as it were, open the same board at the same moment and work."""
    barrier = threading.Barrier(count)

    def one(number: int) -> None:
        mine = LiveBoard(board)
        barrier.wait()
        work(mine, number)
        close(mine)

    with ThreadPoolExecutor(count) as pool:
        list(pool.map(one, range(count)))


def test_opening_a_fresh_board_waits_for_another_process_that_is_at_it(tmp_path):
    other = sqlite3.connect(tmp_path / "live.db", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    other.execute("CREATE TABLE half_made(it)")
    finish = threading.Timer(0.2, other.execute, ("COMMIT",))
    finish.start()

    board = LiveBoard(tmp_path / "live.db")
    try:
        board.beat("worker", 1)
        assert board.heartbeat("worker") == Heartbeat(1, "{}")
        close(board)
    finally:
        finish.join()
        other.close()


def test_all_reports_of_many_arrive(board, tmp_path):
    assert board.seen(JOB) is None

    def work(mine: LiveBoard, number: int) -> None:
        for n in range(20):
            mine.report(JobId(f"job-{number}"), 1, Step(n / 20))

    together(tmp_path / "live.db", 8, work)

    assert {board.seen(JobId(f"job-{n}")).seq for n in range(8)} == {20}
