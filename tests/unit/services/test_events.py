from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress

import pytest

from appliance.adapters.wake import Doorbell
from appliance.core.errors import (
    ApplianceError,
    Conflict,
    ContentBlocked,
    InsufficientCredits,
    InternalError,
    ProcessingFailed,
)
from appliance.core.jobs import Environment
from appliance.services import events
from appliance.services.jobs import claiming, outcome, steering
from appliance.services.jobs.admission import admit
from tests.support.box import Card, alive, ask, claim, completed, let_go, submit
from tests.support.personas import open_account, with_key
from tests.unit.services.jobs.queued import put

CRASH = ProcessingFailed("The child died.")
DONE = outcome.Result([], {}, (), 1.0)


def told(box, actor, after=0):
    return [event.kind for event in events.following(box, actor, after, 1000)]


def states(box, job) -> list[str]:
    """What was written down of a job, in order."""
    rows = box.db.rows("SELECT kind FROM event WHERE job = ? ORDER BY seq", (job.id,))
    return [row[0].removeprefix("job.") for row in rows]


def test_a_job_that_goes_well_is_three_events(box, ada, clock):
    job = completed(box, ada.actor)

    found = events.following(box, ada.actor, 0, 10)

    assert [event.kind for event in found] == ["job.pending", "job.processing", "job.completed"]
    assert {(event.job, event.at.date()) for event in found} == {(job.id, clock.now().date())}
    assert [event.seq for event in found] == sorted({event.seq for event in found})
    assert len({event.id for event in found}) == 3
    assert all(event.id.startswith("evt_") for event in found)


def crash(box, job):
    claiming.retry_or_fail(box, job, CRASH)


def crash_cancelled(box, job):
    outcome.request_cancel(box, job.id)
    claiming.retry_or_fail(box, job, CRASH)


def stop_cancelled(box, job):
    outcome.request_cancel(box, job.id)
    claiming.give_back(box, job)


def fail_cancelled(box, job):
    outcome.request_cancel(box, job.id)
    outcome.fail(box, job, InternalError("oops"))


@pytest.mark.parametrize(
    ("end", "last"),
    [
        (lambda box, job: outcome.finish(box, job, DONE), "completed"),
        (lambda box, job: outcome.fail(box, job, InternalError("oops")), "failed"),
        (outcome.cancelled, "cancelled"),
        (crash, "pending"),
        (claiming.give_back, "pending"),
        (crash_cancelled, "cancelled"),
        (stop_cancelled, "cancelled"),
        (fail_cancelled, "cancelled"),
        (lambda box, job: claiming.recover(box, "another boot", None), "pending"),
    ],
)
def test_what_becomes_of_a_running_job_is_one_event_however_often_it_is_said(
    box, ada, end: Callable[..., object], last
):
    job = submit(box, ada.actor)
    running = claim(box)

    for _ in range(3):
        with suppress(Conflict):
            end(box, running)

    assert states(box, job) == ["pending", "processing", last]


def test_a_worker_that_lost_its_job_writes_nothing(box, ada):
    job = submit(box, ada.actor)
    first = claim(box)
    claiming.give_back(box, first)
    second = claim(box)

    assert not outcome.finish(box, first, DONE)
    outcome.fail(box, first, InternalError("oops"))
    outcome.cancelled(box, first)
    claiming.give_back(box, first)

    outcome.finish(box, second, DONE)
    assert states(box, job) == ["pending", "processing", "pending", "processing", "completed"]


def test_a_job_whose_worker_keeps_dying_says_so_each_time(box, ada):
    job = submit(box, ada.actor)

    for boot in ("a", "b", "c"):
        claim(box, boot=boot)
        claiming.recover(box, "now", None)

    assert states(box, job) == ["pending", "processing"] * 3 + ["failed"]


def test_a_pending_job_cancelled_by_hand_or_by_its_hour_is_one_event(box, ada, clock):
    by_hand = submit(box, ada.actor)
    by_hour = submit(box, ada.actor, cancel_after_s=90)
    steering.cancel(box, ada.account, by_hand.id)
    clock.step(seconds=91)

    for _ in range(2):
        steering.cancel_overdue(box)
        with pytest.raises(Conflict):
            steering.cancel(box, ada.account, by_hand.id)

    assert states(box, by_hand) == states(box, by_hour) == ["pending", "cancelled"]


def test_asking_a_running_job_to_stop_changes_no_state_yet(box, ada):
    job = submit(box, ada.actor)
    running = claim(box)

    steering.cancel(box, ada.account, job.id)
    steering.pause(box, submit(box, ada.actor))

    assert states(box, job) == ["pending", "processing"]
    outcome.cancelled(box, running)
    assert states(box, job) == ["pending", "processing", "cancelled"]


def test_a_refused_request_and_a_replayed_one_write_nothing(box, ada):
    poor = with_key(box, open_account(box, "Poor", credit_usd="0"), "poor")
    alive(box)
    with pytest.raises(ContentBlocked):
        admit(box, ask(ada.actor, params=Card("naked child")))
    with pytest.raises(InsufficientCredits):
        admit(box, ask(poor.actor))

    for _ in range(3):
        admit(box, ask(ada.actor, idempotency=("key", b"print")))

    assert told(box, ada.actor) == ["job.pending"]
    assert told(box, poor.actor) == []


def test_an_event_is_gone_with_the_transaction_that_failed(box, ada):
    job = submit(box, ada.actor)
    before = events.newest(box)

    with suppress(RuntimeError), box.db.transaction() as tx:
        tx.run("UPDATE job SET state = 'processing' WHERE id = ?", (job.id,))
        events.record_state(tx, box, job.id)
        events.record(tx, box, ada.account, Environment.LIVE, "credits.low")
        raise RuntimeError

    assert events.newest(box) == before
    assert states(box, job) == ["pending"]


def test_what_is_no_jobs_has_its_own_data(box, ada):
    with box.db.transaction() as tx:
        events.record(tx, box, ada.account, Environment.LIVE, "credits.low", data={"credits": 3})

    (event,) = events.latest(box, ada.actor, 1)
    assert (event.kind, event.job, event.data) == ("credits.low", None, {"credits": 3})


def test_a_key_sees_the_events_of_its_account_and_its_balance(box, ada, ben, cyd):
    tester = with_key(box, ada.account, "tester", Environment.TEST)
    submit(box, cyd.actor)
    submit(box, tester.actor)
    submit(box, ada.actor)

    assert told(box, ada.actor) == told(box, ben.actor) == ["job.pending"]
    seen = {events.latest(box, who.actor, 9)[0].job for who in (ada, tester, cyd)}
    assert len(seen) == 3


def test_pages_hold_every_event_once_in_order(box, ada, cyd):
    for _ in range(7):
        completed(box, ada.actor)
        submit(box, cyd.actor)
    everything = [event.seq for event in events.following(box, ada.actor, 0, 1000)]
    seen: list[int] = []

    while page := events.following(box, ada.actor, seen[-1] if seen else 0, 4):
        seen += [event.seq for event in page]

    assert seen == everything
    assert [event.seq for event in events.latest(box, ada.actor, 5)] == everything[-5:]


def test_a_number_is_never_given_twice(box, ada):
    submit(box, ada.actor)
    last = events.newest(box)
    with box.db.transaction() as tx:
        tx.run("DELETE FROM event")

    submit(box, ada.actor)

    assert events.newest(box) > last


def test_whoever_reads_while_others_write_misses_nothing(box, ada, cyd):
    box_of = {persona.account: persona for persona in (ada, cyd)}
    jobs = {account: put(box, account, 60) for account in box_of}
    over = threading.Event()
    seen: list[int] = []

    def read() -> None:
        while True:
            ending = over.is_set()
            found = events.since(box, seen[-1] if seen else 0)
            seen.extend(seq for seq, _account, _job in found)
            if ending and not found:
                let_go(box)
                return

    def cancel(account) -> None:
        for job in jobs[account]:
            steering.cancel(box, account, job)
        let_go(box)

    reader = threading.Thread(target=read)
    reader.start()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(cancel, jobs))
    over.set()
    reader.join()

    assert len(seen) == len(set(seen)) == 120


def test_the_web_is_told_of_a_new_job_and_of_one_that_begins(box, ada):
    with closing(Doorbell(box.home.run / steering.WEB_BELL)) as bell:
        job = submit(box, ada.actor)
        assert bell.wait(10) == [job.id]

        claim(box)
        assert bell.wait(10) == [job.id]


def test_a_refusal_tells_nobody(box, ada):
    with closing(Doorbell(box.home.run / steering.WEB_BELL)) as bell:
        with pytest.raises(ApplianceError):
            admit(box, ask(ada.actor, params=Card("naked child")))

        assert bell.wait(0) == []
