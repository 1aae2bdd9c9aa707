from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.core.errors import NotFound
from appliance.core.ids import JobId, job_name, job_uuid
from appliance.core.jobs import Lane, State
from appliance.core.progress import Step
from appliance.services.jobs import claiming, outcome, reading, steering
from appliance.services.jobs.reading import Filter
from tests.support.box import BOOT, Card, claim, completed, opened_box, submit
from tests.support.personas import open_account
from tests.unit.services.jobs.queued import put


@pytest.mark.parametrize("name", [job_name, job_uuid, str, lambda job: job.lower()])
def test_a_job_is_found_by_any_of_its_names(box, ada, name):
    job = submit(box, ada.actor)

    assert reading.find(box, ada.account, name(job.id)).id == job.id


def test_a_job_is_found_by_its_number_within_its_account(box, ada, ben, cyd):
    submit(box, cyd.actor)
    first, second = submit(box, ada.actor), submit(box, ben.actor)

    assert reading.find(box, ada.account, "1").id == first.id
    assert reading.find(box, ben.account, "2").id == second.id


@pytest.mark.parametrize("name", [job_name, job_uuid, str])
def test_cyd_does_not_find_adas_job(box, ada, cyd, name):
    job = submit(box, ada.actor)

    with pytest.raises(NotFound):
        reading.find(box, cyd.account, name(job.id))
    with pytest.raises(NotFound):
        reading.find(box, cyd.account, "1")


@pytest.mark.parametrize("name", ["", "0", "2", "job_x", "x" * 5000, "01ARZ3NDEKTSV4RRFFQ69G5FAV"])
def test_a_job_that_is_not_there_is_not_found(box, ada, name):
    submit(box, ada.actor)

    with pytest.raises(NotFound) as caught:
        reading.find(box, ada.account, name)
    assert len(caught.value.message) < 200


def test_a_running_job_shows_what_this_attempt_reported_last(box, ada):
    submit(box, ada.actor)
    job = claim(box)
    assert reading.job_by_id(box, job.id).live is None

    box.live.report(job.id, job.attempt, Step(0.25, step=1, steps=4))
    shown = reading.job_by_id(box, job.id)

    assert (shown.live, shown.progress, shown.eta_s) == (Step(0.25, step=1, steps=4), 0.25, 7.5)


def test_a_report_of_an_earlier_attempt_is_not_shown(box, ada):
    submit(box, ada.actor)
    first = claim(box)
    box.live.report(first.id, first.attempt, Step(0.9))
    claiming.give_back(box, first)
    claim(box)

    assert reading.job_by_id(box, first.id).progress == 0.0


def test_an_ended_job_shows_no_position_and_no_progress_of_its_own(box, ada):
    job = completed(box, ada.actor)
    box.live.report(job.id, 1, Step(0.5))
    shown = reading.job_by_id(box, job.id)

    assert (shown.progress, shown.position, shown.eta_s, shown.live) == (1.0, None, None, None)
    assert len(shown.outputs) == 1


def test_several_jobs_are_shown_as_each_alone(box, ada):
    done = completed(box, ada.actor).id
    running = submit(box, ada.actor).id
    box.live.report(claim(box).id, 1, Step(0.5))
    waiting = submit(box, ada.actor).id

    shown = reading.several(box, {done, running, waiting, JobId("no")})

    assert shown == {job: reading.job_by_id(box, job) for job in (done, running, waiting)}
    assert reading.several(box, []) == {}


def test_a_running_job_shows_the_number_of_its_report_in_this_attempt(box, ada):
    submit(box, ada.actor)
    job = claim(box)
    assert reading.job_by_id(box, job.id).report == 0
    for fraction in (0.1, 0.2):
        box.live.report(job.id, job.attempt, Step(fraction))

    assert reading.job_by_id(box, job.id).report == 2
    claiming.give_back(box, job)
    claim(box)
    assert reading.job_by_id(box, job.id).report == 0


def test_pages_hold_every_job_once_newest_first(box, ada, cyd):
    mine = put(box, ada.account, 23)
    put(box, cyd.account, 5)
    seen, cursor = [], None
    while True:
        page = reading.page(box, ada.account, Filter(), limit=5, cursor=cursor)
        seen += [job.id for job in page.jobs]
        cursor = page.cursor
        if cursor is None:
            break

    assert seen == mine[::-1]


def test_a_job_made_while_paging_disturbs_nothing(box, ada):
    put(box, ada.account, 4)
    first = reading.page(box, ada.account, Filter(), limit=2)
    submit(box, ada.actor)
    rest = reading.page(box, ada.account, Filter(), limit=5, cursor=first.cursor)

    assert not {job.id for job in first.jobs} & {job.id for job in rest.jobs}
    assert len(rest.jobs) == 2


def test_a_last_page_that_is_just_full_has_no_cursor(box, ada):
    put(box, ada.account, 2)

    assert reading.page(box, ada.account, Filter(), limit=2).cursor is None


def test_the_operator_pages_through_all_accounts(box, ada, cyd):
    put(box, ada.account, 2)
    put(box, cyd.account, 2)

    assert len(reading.page(box, None, Filter(), limit=10).jobs) == 4


def test_filters_narrow_a_list(box, ada, clock):
    old = submit(box, ada.actor)
    outcome.request_cancel(box, old.id)
    clock.step(hours=1)
    new = submit(box, ada.actor, family="studio", type="image")

    def ids(**wanted):
        return [job.id for job in reading.page(box, ada.account, Filter(**wanted), limit=9).jobs]

    assert ids() == [new.id, old.id]
    assert ids(state=State.CANCELLED) == [old.id]
    assert ids(type="image") == ids(family="studio") == [new.id]
    assert ids(since=clock.now() - timedelta(minutes=30)) == [new.id]
    assert ids(since=clock.now() + timedelta(days=1)) == []


def test_an_eta_counts_what_is_ahead_at_its_usual_pace(box, ada):
    job = completed(box, ada.actor)
    assert box.db.row("SELECT seconds FROM pace WHERE operation = ?", (job.operation,)) == (1.5,)
    first, second = put(box, ada.account, 2)

    assert reading.job_by_id(box, first).eta_s == 1.5
    assert reading.job_by_id(box, second).eta_s == 3.0


def test_usual_seconds_are_unknown_before_the_first_run(box, ada):
    assert reading.usual_seconds(box, "test.card", None) is None
    completed(box, ada.actor)
    assert reading.usual_seconds(box, "test.card", None) == 1.5


def test_waiting_counts_a_lanes_pending_jobs(box, ada):
    put(box, ada.account, 3)
    put(box, ada.account, 2, lane=Lane.HEAVY)
    claim(box)

    assert [reading.waiting(box, lane) for lane in (Lane.LIGHT, Lane.HEAVY)] == [2, 2]


@pytest.mark.parametrize(("ahead", "days"), [(0, 31), (31, 30), (276, 31), (330, 28)])
def test_a_month_runs_from_its_first_to_the_next_ones(box, clock, ahead, days):
    clock.step(days=ahead)
    month = reading.month(box)

    assert month.start_iso.endswith("-01T00:00:00.000Z")
    assert month.end_iso.endswith("-01T00:00:00.000Z")
    assert month.start <= clock.now()
    assert month.end_iso[:7] == (month.start + timedelta(days=days)).strftime("%Y-%m")


def test_what_was_made_is_counted_by_kind(box, ada, cyd, clock):
    start = clock.now()
    completed(box, ada.actor)
    completed(box, cyd.actor)

    assert reading.made_since(box, ada.account, start) == {"documents": 1}
    assert reading.made_since(box, ada.account, start + timedelta(seconds=1)) == {}


def test_a_position_of_a_lone_account_is_its_place_in_line(box, ada):
    jobs = put(box, ada.account, 3)
    put(box, ada.account, 5, lane=Lane.HEAVY)

    assert [reading.job_by_id(box, job).position for job in jobs] == [0, 1, 2]


def test_paused_jobs_are_ahead_of_nobody(box, ada):
    paused, waiting = submit(box, ada.actor), submit(box, ada.actor, params=Card("Hi"))
    steering.pause(box, paused)

    assert reading.job_by_id(box, waiting.id).position == 0
    assert reading.job_by_id(box, paused.id).paused


def check_positions(box, accounts, served, jobs):
    """Put `jobs` (account, priority, paused) in, and see that all are claimed where they stand."""
    with box.db.transaction() as tx:
        tx.run("DELETE FROM event")
        tx.run("DELETE FROM job")
        for account, at in zip(accounts, served, strict=True):
            tx.run("UPDATE account SET served_at = ? WHERE id = ?", (at, account))
    for who, priority, paused in jobs:
        put(box, accounts[who], priority=priority, paused=paused)
    page = reading.page(box, None, Filter(), limit=99).jobs
    told = {job.id: job.position for job in page if not job.paused}

    order = []
    while job := claiming.claim_next(box, Lane.LIGHT, BOOT):
        order.append(job.id)
        box.clock.sleep(1e-6)

    assert told == {job: place for place, job in enumerate(order)}


@pytest.fixture
def crowd(tmp_path, clock):
    with opened_box(tmp_path, clock=clock) as box:
        yield box, [open_account(box, name, credit_usd="0") for name in "abc"]


whose = st.integers(0, 2)
few = settings(max_examples=40)


@few
@given(
    st.permutations([1, 2, 3]), st.lists(st.tuples(whose, st.just(0), st.booleans()), max_size=9)
)
def test_a_position_is_the_place_in_the_order_of_claims(crowd, served, jobs):
    check_positions(*crowd, served, jobs)


@few
@given(st.lists(st.tuples(whose, st.just(0), st.just(False)), max_size=9))
def test_a_position_is_right_among_accounts_that_were_never_served(crowd, jobs):
    check_positions(*crowd, [0, 0, 0], jobs)


@few
@given(
    st.permutations([1, 2, 3]),
    st.lists(st.tuples(whose, st.integers(0, 1), st.just(False)), max_size=9),
)
def test_a_position_is_right_where_priorities_differ(crowd, served, jobs):
    check_positions(*crowd, served, jobs)
