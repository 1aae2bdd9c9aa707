from __future__ import annotations

from contextlib import closing

import pytest

from appliance.adapters.wake import Doorbell
from appliance.core.errors import Conflict, NotFound
from appliance.core.ids import job_uuid
from appliance.core.jobs import Lane, State
from appliance.services.jobs import outcome, reading, steering
from appliance.services.jobs.outcome import Result
from tests.support.box import claim, completed, made_file, opened_box, submit
from tests.support.personas import move_in
from tests.unit.services.jobs.queued import put


@pytest.fixture
def web(box):
    with closing(Doorbell(box.home.run / steering.WEB_BELL)) as bell:
        yield bell


@pytest.fixture
def worker(box):
    with closing(Doorbell(box.home.run / "worker.sock")) as bell:
        yield bell


def test_a_pending_job_is_cancelled_and_only_the_web_is_told(box, ada, web, worker):
    job = submit(box, ada.actor)
    web.wait(1)

    shown = steering.cancel(box, ada.account, job_uuid(job.id))

    assert shown.state is State.CANCELLED
    assert web.wait(1) == [job.id]
    assert worker.wait(0) == []


def test_a_running_jobs_worker_is_told_to_cancel_it(box, ada, web, worker):
    submit(box, ada.actor)
    job = claim(box)
    web.wait(1)

    shown = steering.cancel(box, ada.account, job.id)

    assert (shown.state, shown.cancel_requested) == (State.PROCESSING, True)
    assert worker.wait(1) == [f"cancel {job.id}"]
    assert web.wait(1) == [job.id]


def test_every_worker_of_several_hears_of_a_cancellation(tmp_path, clock):
    with opened_box(tmp_path, clock=clock, worker__gpus=[0, 2]) as box:
        ada = move_in(box).ada
        submit(box, ada.actor)
        job = claim(box)
        with closing(Doorbell(box.home.run / "worker-2.sock")) as second:
            steering.cancel(box, ada.account, job.id)

            assert second.wait(1) == [f"cancel {job.id}"]


def test_cancelling_works_while_nobody_listens(box, ada):
    assert steering.cancel(box, ada.account, submit(box, ada.actor).id).state is State.CANCELLED


def test_ben_may_cancel_adas_job_and_cyd_may_not(box, ada, ben, cyd):
    job = submit(box, ada.actor)

    with pytest.raises(NotFound):
        steering.cancel(box, cyd.account, job.id)
    assert reading.job_by_id(box, job.id).state is State.PENDING
    assert steering.cancel(box, ben.account, "1").state is State.CANCELLED


def test_a_job_that_has_ended_is_a_conflict(box, ada):
    job = completed(box, ada.actor)

    with pytest.raises(Conflict):
        steering.cancel(box, ada.account, job.id)


def test_only_pending_jobs_are_paused_and_resumed(box, ada):
    submit(box, ada.actor)
    running = reading.job_by_id(box, claim(box).id)
    for move in (steering.pause, steering.resume):
        with pytest.raises(Conflict, match="processing"):
            move(box, running)


def test_a_paused_job_may_be_cancelled(box, ada):
    job = submit(box, ada.actor)
    steering.pause(box, job)

    assert steering.cancel(box, ada.account, job.id).state is State.CANCELLED


def test_jobs_past_their_cancel_after_are_cancelled(box, ada, web, clock):
    late = submit(box, ada.actor, cancel_after_s=90)
    later = submit(box, ada.actor, cancel_after_s=91)
    patient = submit(box, ada.actor)
    web.wait(1)
    clock.step(seconds=90)

    steering.cancel_overdue(box)

    states = [reading.job_by_id(box, job.id).state for job in (late, later, patient)]
    assert states == [State.CANCELLED, State.PENDING, State.PENDING]
    assert web.wait(1) == [late.id]


def test_a_running_job_past_its_cancel_after_is_asked_to_stop_once(box, ada, web, clock):
    submit(box, ada.actor, cancel_after_s=1)
    job = claim(box)
    web.wait(1)
    clock.step(seconds=2)

    steering.cancel_overdue(box)
    steering.cancel_overdue(box)

    assert reading.job_by_id(box, job.id).cancel_requested
    assert web.wait(1) == [job.id]


def test_a_job_that_finished_in_time_stays_finished(box, ada, clock):
    submit(box, ada.actor, cancel_after_s=10)
    job = claim(box)
    outcome.finish(box, job, Result([made_file(box, job)], {}, (), 1.0))
    clock.step(seconds=60)

    steering.cancel_overdue(box)

    assert reading.job_by_id(box, job.id).state is State.COMPLETED


def test_the_worker_finds_the_running_jobs_it_should_cancel(box, ada):
    submit(box, ada.actor)
    job = claim(box)
    pending = submit(box, ada.actor)
    assert steering.to_cancel(box) == []

    outcome.request_cancel(box, job.id)

    assert steering.to_cancel(box) == [job.id]
    assert steering.wants_cancel(box, job.id)
    assert not steering.wants_cancel(box, pending.id)


def test_only_lanes_with_pending_jobs_are_nudged(box, ada):
    with closing(Doorbell(box.home.run / "light.sock")) as light:
        steering.nudge_pending(box)
        assert light.wait(0) == []
        put(box, ada.account)

        steering.nudge_pending(box)

        assert light.wait(1) == [""]


def waiting_nudges(box) -> dict[Lane, int]:
    return {lane: box.lanes._hueys[lane].pending_count() for lane in Lane}


def test_a_nudge_that_was_lost_is_made_up_for_once(box, ada):
    submit(box, ada.actor)
    box.lanes._hueys[Lane.LIGHT].storage.flush_queue()

    for _beat in range(3):
        steering.nudge_pending(box)

    assert waiting_nudges(box) == {Lane.HEAVY: 0, Lane.LIGHT: 1}


def test_nobody_is_nudged_where_nothing_waits(box, ada):
    submit(box, ada.actor)
    claim(box)
    box.lanes._hueys[Lane.LIGHT].storage.flush_queue()

    steering.nudge_pending(box)

    assert waiting_nudges(box) == {Lane.HEAVY: 0, Lane.LIGHT: 0}
