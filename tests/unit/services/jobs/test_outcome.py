from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from appliance.core.errors import BrokenMedia, Conflict, InternalError
from appliance.core.ids import JobId
from appliance.core.jobs import Environment, State
from appliance.core.money import ZERO, usd
from appliance.services.jobs import claiming, outcome, reading
from appliance.services.jobs.outcome import Result
from appliance.services.money import audit, ledger
from tests.support.box import claim, let_go, made_file, opened_box, submit
from tests.support.personas import move_in

LIVE = Environment.LIVE


def result(box, job, seconds=1.0):
    return Result([made_file(box, job)], {"seed": 7}, ("a warning",), seconds)


def look(box, job):
    return reading.job_by_id(box, job.id)


def money(box, ada):
    free = ledger.free_balance(box.db, ada.account, LIVE)
    return free.usd(), ledger.held_balance(box.db, ada.account, LIVE).usd()


@pytest.fixture
def job(box, ada):
    submit(box, ada.actor)
    return claim(box)


def test_a_finished_job_is_captured_with_its_files_and_facts(box, ada, job, clock):
    assert outcome.finish(box, job, result(box, job))

    done = look(box, job)
    file = done.outputs[0]
    assert (done.state, done.completed_at) == (State.COMPLETED, clock.now())
    assert (done.facts, done.warnings) == ({"seed": 7}, ("a warning",))
    assert (box.home.outputs / file.path).read_text() == "Hello"
    assert file.path == f"{job.id}/1/card.txt"
    assert file.retained_until == clock.now() + timedelta(days=30)
    assert money(box, ada) == ("9.9", "0")


def test_a_job_of_several_files_keeps_their_order(box, job):
    names = ["b.txt", "a.txt", "c.txt"]
    files = [made_file(box, job, name) for name in names]

    outcome.finish(box, job, Result(files, {}, (), 1.0))

    assert [each.name for each in look(box, job).outputs] == names
    assert [each.index for each in look(box, job).outputs] == [0, 1, 2]


def test_a_failed_job_gives_its_money_back_and_says_why(box, ada, job):
    outcome.fail(box, job, BrokenMedia("It is torn.", field="image", details={"at": 3}))

    failed = look(box, job)
    assert failed.state is State.FAILED
    assert (failed.error.code, failed.error.message) == ("invalid_input", "It is torn.")
    assert (failed.error.field, failed.error.details) == ("image", {"at": 3})
    assert not failed.error.retryable
    assert money(box, ada) == ("10", "0")


def test_a_job_ends_once(box, ada, job):
    outcome.finish(box, job, result(box, job))

    assert not outcome.finish(box, job, result(box, job))
    outcome.fail(box, job, InternalError("late"))
    outcome.cancelled(box, job)
    claiming.give_back(box, job)

    assert look(box, job).state is State.COMPLETED
    assert money(box, ada) == ("9.9", "0")
    assert audit.faults(box.db) == []


@pytest.mark.parametrize(
    "end",
    [
        lambda box, job: outcome.finish(box, job, result(box, job)),
        lambda box, job: outcome.fail(box, job, InternalError("late")),
        outcome.cancelled,
    ],
)
def test_a_worker_that_lost_its_job_to_a_later_attempt_changes_nothing(box, ada, job, end):
    claiming.give_back(box, job)
    later = claim(box)

    assert not end(box, job)

    assert look(box, job).state is State.PROCESSING
    assert look(box, job).attempt == later.attempt == 2
    assert money(box, ada) == ("9.9", "0.1")
    assert outcome.finish(box, later, result(box, later))


def test_an_attempt_that_never_was_changes_nothing(box, job):
    assert not outcome.finish(box, replace(job, attempt=9), result(box, job))


def test_a_cancellation_wins_against_a_finish_that_comes_after_it(box, ada, job):
    assert outcome.request_cancel(box, job.id)

    assert not outcome.finish(box, job, result(box, job))

    assert look(box, job).state is State.PROCESSING
    assert look(box, job).outputs == ()
    outcome.cancelled(box, job)
    assert look(box, job).state is State.CANCELLED
    assert money(box, ada) == ("10", "0")


def test_a_failure_after_a_cancellation_is_the_cancellation(box, ada, job):
    outcome.request_cancel(box, job.id)

    outcome.fail(box, job, InternalError("killed"))

    assert look(box, job).state is State.CANCELLED
    assert look(box, job).error is None
    assert money(box, ada) == ("10", "0")


def test_a_pending_job_is_cancelled_at_once(box, ada):
    pending = submit(box, ada.actor)

    assert not outcome.request_cancel(box, pending.id)

    assert look(box, pending).state is State.CANCELLED
    assert look(box, pending).completed_at == box.clock.now()
    assert money(box, ada) == ("10", "0")


def test_asking_twice_for_the_same_cancellation_is_no_error(box, job):
    assert outcome.request_cancel(box, job.id)
    assert outcome.request_cancel(box, job.id)


def test_what_has_ended_cannot_be_cancelled(box, ada, job):
    outcome.finish(box, job, result(box, job))
    pending = submit(box, ada.actor)
    outcome.request_cancel(box, pending.id)

    for ended in (job.id, pending.id, JobId("nothing")):
        with pytest.raises(Conflict):
            outcome.request_cancel(box, ended)


def test_a_job_without_a_hold_ends_too(tmp_path, clock):
    with opened_box(tmp_path, clock=clock, billing__enabled=False) as box:
        ada = move_in(box, credit_usd="0").ada
        for end in (lambda job: outcome.finish(box, job, result(box, job)), lambda job: None):
            submit(box, ada.actor)
            end(claim(box))

        assert ledger.spent(box.db, ada.account, LIVE) == ZERO
        assert audit.faults(box.db) == []


def test_finish_and_cancel_at_the_same_moment_end_the_job_once(box, ada):
    for _ in range(15):
        submit(box, ada.actor)
        job = claim(box)
        made, barrier = result(box, job), threading.Barrier(2)

        def finish(job=job, made=made, barrier=barrier) -> bool:
            barrier.wait()
            done = outcome.finish(box, job, made)
            let_go(box)
            return done

        with ThreadPoolExecutor(1) as pool:
            other = pool.submit(finish)
            barrier.wait()
            try:
                cancelling = outcome.request_cancel(box, job.id)
            except Conflict:
                cancelling = False
            assert other.result() is not cancelling
        outcome.cancelled(box, job)
        assert look(box, job).state is (State.CANCELLED if cancelling else State.COMPLETED)
    assert ledger.held_balance(box.db, ada.account, LIVE) == ZERO
    assert audit.faults(box.db) == []


def test_the_pace_is_a_running_mean_that_follows_newer_jobs(box, ada):
    for seconds in (10.0, 20.0):
        submit(box, ada.actor)
        job = claim(box)
        outcome.finish(box, job, result(box, job, seconds))

    row = box.db.row("SELECT seconds, samples FROM pace WHERE operation = 'test.card'")
    assert row == (pytest.approx(12.0), 2)


def test_the_price_is_captured_in_full(box, ada, job):
    outcome.finish(box, job, result(box, job))

    assert ledger.spent(box.db, ada.account, LIVE) == look(box, job).price == usd("0.1")
