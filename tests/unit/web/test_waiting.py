from __future__ import annotations

import threading
from contextlib import closing

import pytest

from appliance.adapters.wake import ring
from appliance.core.errors import InternalError, RateLimited
from appliance.services.jobs import outcome, steering
from appliance.web.waiting import Waiters
from tests.support.box import claim, let_go, opened_box, submit
from tests.support.personas import move_in
from tests.unit.services.jobs.queued import put

LONG_S = 60  # never waited for to its end


@pytest.fixture
def waiters(box):
    waiters = Waiters(box)
    yield waiters
    waiters.leave()


def watching(waiters, subject):
    """Rounds of the subject, the first one taken."""
    rounds = waiters.rounds(subject, LONG_S)
    assert next(rounds) is True
    return closing(rounds)


def test_a_round_comes_after_each_change_of_the_job(box, ada, waiters):
    job = submit(box, ada.actor)
    with watching(waiters, job.id) as rounds:
        running = claim(box)
        assert next(rounds) is True

        outcome.fail(box, running, InternalError("oops"))
        assert next(rounds) is True


def test_a_change_without_a_datagram_is_noticed_too(box, ada, waiters):
    (job,) = put(box, ada.account)
    with watching(waiters, job) as rounds, watching(waiters, ada.account) as account:
        outcome.request_cancel(box, job)

        assert next(rounds) is next(account) is True


def test_a_datagram_wakes_though_no_row_changed(box, ada, waiters):
    job = submit(box, ada.actor)
    with watching(waiters, job.id) as rounds:
        over = threading.Event()

        def report():
            while not over.wait(0.05):
                ring(box.home.run / steering.WEB_BELL, job.id)

        reporter = threading.Thread(target=report)
        reporter.start()
        assert next(rounds) is True
        over.set()
        reporter.join()


def test_an_accounts_watcher_hears_of_a_new_job_at_once(box, ada, waiters):
    with watching(waiters, ada.account) as rounds:
        submit(box, ada.actor)

        assert next(rounds) is True


def test_what_happens_to_others_wakes_nobody(box, ada, cyd, waiters):
    job = submit(box, ada.actor)
    with waiters.place(ada.account) as account, waiters.place(job.id) as mine:
        with watching(waiters, cyd.account) as theirs:
            submit(box, cyd.actor)
            assert next(theirs) is True

        assert not account.is_set()
        assert not mine.is_set()


def test_without_a_change_a_round_is_a_beat(box, ada, waiters):
    rounds = waiters.rounds(submit(box, ada.actor).id, 0.01)

    with closing(rounds):
        assert [next(rounds), next(rounds), next(rounds)] == [True, False, False]


def test_nothing_that_happens_between_two_looks_is_lost(box, ada, waiters):
    with watching(waiters, ada.account) as rounds:
        seen = 0
        for job in put(box, ada.account, 30):
            threading.Thread(target=_cancel, args=(box, job)).start()
        while seen < 30:
            assert next(rounds) is True
            seen = box.db.row("SELECT count(*) FROM event")[0]


def _cancel(box, job):
    outcome.request_cancel(box, job)
    let_go(box)


def test_waits_and_streams_share_the_places(tmp_path, clock):
    with opened_box(tmp_path, clock=clock, server__max_waits=2) as box:
        ada, waiters = move_in(box).ada, Waiters(box)
        job = submit(box, ada.actor)
        with watching(waiters, ada.account), waiters.place(job.id):
            with pytest.raises(RateLimited) as refused:
                next(waiters.rounds(ada.account, LONG_S))
            assert waiters.wait(job, LONG_S).id == job.id  # at once

        with watching(waiters, ada.account), watching(waiters, job.id):
            pass
    assert refused.value.retry_after_s


def test_rounds_that_nobody_asks_for_any_more_give_their_place_back(tmp_path, clock):
    with opened_box(tmp_path, clock=clock, server__max_waits=1) as box:
        ada, waiters = move_in(box).ada, Waiters(box)
        for _ in range(3):
            with watching(waiters, ada.account):
                pass


def test_leaving_ends_waits_and_rounds(box, ada, waiters):
    job = submit(box, ada.actor)
    ended = []

    def stream():
        with closing(waiters.rounds(ada.account, LONG_S)) as rounds:
            ended.append(list(rounds))
        let_go(box)

    def wait():
        ended.append(waiters.wait(job, LONG_S).state)
        let_go(box)

    threads = [threading.Thread(target=each) for each in (stream, wait)]
    with waiters.place(job.id) as mine:
        for each in threads:
            each.start()
        waiters.leave()
        assert mine.is_set()
    for each in threads:
        each.join(timeout=LONG_S / 2)

    assert len(ended) == 2
    assert list(waiters.rounds(job.id, LONG_S)) == []
