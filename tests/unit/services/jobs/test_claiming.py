from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import groupby

import pytest

from appliance.core.errors import ProcessingFailed
from appliance.core.jobs import Environment, Lane, State
from appliance.core.money import usd
from appliance.services.jobs import claiming, outcome, reading, steering
from appliance.services.money import audit, ledger
from tests.support.box import BOOT, Paint, claim, let_go, made_file, opened_box, put_model, submit
from tests.support.personas import open_account
from tests.unit.services.jobs.queued import put

CRASH = ProcessingFailed("The child died.")


def state(box, job):
    found = reading.job_by_id(box, job.id)
    return found.state, found.attempt


def tries(box, job):
    return box.db.row("SELECT tries FROM job WHERE id = ?", (job.id,))[0]


def test_a_claimed_job_is_processing_in_its_first_attempt(box, ada, clock):
    job = submit(box, ada.actor)

    claimed = claim(box)

    assert (claimed.id, claimed.attempt, claimed.account) == (job.id, 1, ada.account)
    assert (claimed.operation, claimed.lane) == ("test.card", Lane.LIGHT)
    assert claimed.params == job.params
    assert state(box, job) == (State.PROCESSING, 1)
    assert reading.job_by_id(box, job.id).started_at == clock.now()


def test_a_lane_claims_its_own_jobs_only(box, ada):
    put(box, ada.account, lane=Lane.HEAVY)

    assert claiming.claim_next(box, Lane.LIGHT, BOOT) is None
    assert claim(box, Lane.HEAVY).lane is Lane.HEAVY


def test_an_accounts_jobs_are_claimed_in_the_order_they_came(box, ada):
    jobs = put(box, ada.account, 5)

    assert [claim(box).id for _ in range(5)] == jobs


def test_ten_jobs_do_not_wait_behind_nine_thousand_of_another(box, ada, cyd):
    put(box, ada.account, 9000)
    put(box, cyd.account, 10)

    first = [claim(box).account for _ in range(20)]

    assert max(len(list(run)) for _, run in groupby(first)) == 1
    assert first.count(cyd.account) == 10
    assert [claim(box).account for _ in range(3)] == [ada.account] * 3


def test_a_claim_among_ten_thousand_takes_milliseconds(box, ada):
    for account in (open_account(box, f"a{n}", credit_usd="0") for n in range(10)):
        put(box, account, 100)
    put(box, ada.account, 9000)
    claim(box)

    started = time.perf_counter()
    for _ in range(10):
        claim(box)

    assert (time.perf_counter() - started) / 10 < 0.1


def test_whoever_was_served_longest_ago_comes_first(box, ada, cyd):
    third = open_account(box, "third", credit_usd="0")
    for account in (ada.account, cyd.account, third):
        put(box, account, 2)

    order = [claim(box).account for _ in range(6)]

    assert order == [ada.account, cyd.account, third] * 2


def test_priority_comes_before_fairness(box, ada, cyd):
    plain, urgent = put(box, ada.account, 2), put(box, cyd.account, 2, priority=1)

    assert [claim(box).id for _ in range(4)] == [*urgent, *plain]


def test_a_paused_job_waits_until_it_is_resumed(box, ada):
    job = submit(box, ada.actor)
    steering.pause(box, job)
    assert claiming.claim_next(box, Lane.LIGHT, BOOT) is None

    steering.resume(box, job)

    assert claim(box).id == job.id


def test_a_paused_box_claims_nothing_and_accepts_jobs(box, ada):
    steering.set_lanes_paused(box, paused=True)
    job = submit(box, ada.actor)
    put(box, ada.account, lane=Lane.HEAVY)
    assert [claiming.claim_next(box, lane, BOOT) for lane in Lane] == [None, None]

    steering.set_lanes_paused(box, paused=False)

    assert claim(box).id == job.id


def test_a_loaded_model_goes_before_fairness_but_not_before_priority(box, ada, cyd):
    loaded = json.dumps({"test.painter": "oil"})
    other = json.dumps({"test.painter": "pencil"})
    put(box, cyd.account, models=other)
    mine = put(box, ada.account, models=loaded)
    urgent = put(box, cyd.account, models=other, priority=1)
    jobs = [claiming.claim_next(box, Lane.LIGHT, BOOT, prefer=loaded) for _ in range(3)]

    assert [job.id for job in jobs][:2] == [*urgent, *mine]


def test_models_are_preferred_as_admission_writes_them(box, ada):
    put_model(box, "oil")
    put_model(box, "pencil")
    for model in ("pencil", "oil"):
        submit(box, ada.actor, "test.paint", params=Paint("a kettle"), model=model)

    job = claiming.claim_next(box, Lane.HEAVY, BOOT, prefer=json.dumps({"test.painter": "oil"}))

    assert job.models == {"test.painter": "oil"}


def test_two_claimers_never_get_the_same_job(box, ada, cyd):
    put(box, ada.account, 60)
    put(box, cyd.account, 60)
    start = threading.Barrier(6)

    def work(number: int) -> list[str]:
        start.wait()
        taken = []
        while job := claiming.claim_next(box, Lane.LIGHT, f"boot-{number}"):
            taken.append(job.id)
        let_go(box)
        return taken

    with ThreadPoolExecutor(6) as pool:
        taken = [job for jobs in pool.map(work, range(6)) for job in jobs]

    assert len(taken) == len(set(taken)) == 120


def test_a_job_given_back_is_claimed_again_and_that_try_did_not_count(box, ada):
    submit(box, ada.actor)
    first = claim(box)

    claiming.give_back(box, first)

    assert state(box, first) == (State.PENDING, 1)
    assert tries(box, first) == 0
    assert reading.job_by_id(box, first.id).started_at is None
    for attempt in range(2, 9):
        assert claim(box).attempt == attempt
        claiming.give_back(box, replace(first, attempt=attempt))


def test_only_the_attempt_that_has_the_job_gives_it_back(box, ada):
    submit(box, ada.actor)
    first = claim(box)
    claiming.give_back(box, first)
    claim(box)

    claiming.give_back(box, first)

    assert state(box, first) == (State.PROCESSING, 2)


def test_a_cancelled_job_is_not_queued_again_by_a_stop(box, ada):
    job = submit(box, ada.actor)
    running = claim(box)
    outcome.request_cancel(box, job.id)

    claiming.give_back(box, running)

    assert state(box, job)[0] is State.CANCELLED
    assert audit.faults(box.db) == []


def test_after_a_crash_a_job_is_tried_again_until_its_tries_are_used_up(box, ada):
    job = submit(box, ada.actor)
    for attempt in (1, 2):
        claiming.retry_or_fail(box, claim(box), CRASH)
        assert state(box, job) == (State.PENDING, attempt)

    claiming.retry_or_fail(box, claim(box), CRASH)

    failed = reading.job_by_id(box, job.id)
    assert (failed.state, failed.attempt, failed.error.code) == (
        State.FAILED,
        3,
        "processing_failed",
    )
    assert ledger.free_balance(box.db, ada.account, Environment.LIVE) == usd("10")


def test_what_must_not_happen_twice_fails_at_the_first_crash(box, ada):
    job = submit(box, ada.actor, "test.send")

    claiming.retry_or_fail(box, claim(box), CRASH)

    assert state(box, job) == (State.FAILED, 1)


def test_a_crash_under_a_cancelled_job_is_its_cancellation(box, ada):
    job = submit(box, ada.actor)
    running = claim(box)
    outcome.request_cancel(box, job.id)

    claiming.retry_or_fail(box, running, CRASH)

    assert state(box, job)[0] is State.CANCELLED


def test_an_earlier_attempts_crash_does_not_touch_the_later_one(box, ada):
    submit(box, ada.actor)
    first = claim(box)
    claiming.give_back(box, first)
    claim(box)

    claiming.retry_or_fail(box, first, CRASH)

    assert state(box, first) == (State.PROCESSING, 2)


def test_a_new_worker_takes_up_what_the_last_one_left(box, ada):
    left = submit(box, ada.actor)
    made_file(box, claim(box, boot="old"))  # renamed, and then killed
    submit(box, ada.actor)
    mine = claim(box, boot="new")

    assert claiming.recover(box, "new", None) == 1

    assert state(box, left) == (State.PENDING, 1)
    assert state(box, mine) == (State.PROCESSING, 1)
    assert [*box.home.outputs.iterdir()] == []
    assert claiming.recover(box, "new", None) == 0


def test_the_last_workers_third_death_fails_the_job_and_says_so(box, ada):
    job = submit(box, ada.actor)
    for boot in ("one", "two", "three"):
        claim(box, boot=boot)
        claiming.recover(box, boot + "-next", None)

    failed = reading.job_by_id(box, job.id)
    assert failed.state is State.FAILED
    assert "3 times" in failed.error.message
    assert audit.faults(box.db) == []


def test_a_job_that_failed_at_its_first_crash_does_not_say_three_times(box, ada):
    job = submit(box, ada.actor, "test.send")
    claim(box, boot="old")

    claiming.recover(box, "new", None)

    failed = reading.job_by_id(box, job.id)
    assert failed.state is State.FAILED
    assert "3 times" not in failed.error.message


@pytest.mark.parametrize("most", [1, 2])
def test_how_often_is_a_setting(tmp_path, clock, most):
    with opened_box(tmp_path, clock=clock, worker__max_attempts=most) as box:
        put(box, open_account(box, "Ada"))
        for _ in range(most):
            job = claim(box)
            claiming.retry_or_fail(box, job, CRASH)

        assert state(box, job) == (State.FAILED, most)


def test_a_job_of_an_operation_that_is_gone_does_not_stop_the_worker_from_starting(box, ada):
    put(box, ada.account, operation="test.removed")
    job = claim(box, boot="old")
    put(box, ada.account)
    left = claim(box, boot="old")

    assert claiming.recover(box, "new", None) == 2

    assert state(box, job)[0] is not State.PROCESSING
    assert state(box, left) == (State.PENDING, 1)
