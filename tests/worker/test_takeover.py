"""What workers that are gone have left is taken up: by the next of their GPU, or by the first."""

from __future__ import annotations

import pytest

from appliance.adapters.worker_lock import held
from appliance.core.jobs import State
from appliance.core.progress import Step
from appliance.core.workers import Station, stations
from appliance.services.jobs import claiming, reading
from appliance.worker.takeover import Takeover
from tests.support.box import claim, submit

FIRST, SECOND = stations((0, 1))


@pytest.fixture
def left(box, ada):
    """A job that a worker claimed, with a file half made; by GPU."""

    def leave(gpu: int) -> str:
        submit(box, ada.actor)
        job = claim(box, boot=Station(gpu).boot("old"))
        folder = box.home.working(gpu) / f"{job.id}-{job.attempt}"
        folder.mkdir(parents=True)
        (folder / "picture.png").write_bytes(b"half")
        box.live.report(job.id, job.attempt, Step(0.5))
        return job.id

    return leave


def untouched(box, job: str, gpu: int) -> bool:
    found = {
        reading.job_by_id(box, job).state is State.PROCESSING,
        (box.home.working(gpu) / f"{job}-1" / "picture.png").exists(),
        box.live.seen(job) is not None,
    }
    assert len(found) == 1, "partly taken up"
    return found == {True}


def test_jobs_are_taken_up_gpu_by_gpu(box, ada):
    claimed = []
    for boot in ("0-old", "1-old", "1-new"):
        submit(box, ada.actor)
        claimed.append(claim(box, boot=boot).id)
    assert claiming.at_work(box) == dict(zip(claimed, (0, 1, 1), strict=True))

    assert claiming.recover(box, "1-new", 1) == 1

    assert claiming.at_work(box) == {claimed[0]: 0, claimed[2]: 1}


def test_a_worker_takes_up_what_its_gpu_left_and_nothing_of_another(box, left):
    jobs = {gpu: left(gpu) for gpu in (0, 1)}

    assert Takeover(box, SECOND, "1-new").begin() == 1

    assert untouched(box, jobs[0], 0)
    assert not untouched(box, jobs[1], 1)


def test_the_first_takes_up_what_is_left_of_a_gpu_that_settings_name_no_more(box, left):
    job = left(7)

    assert Takeover(box, FIRST, "0-new").begin() == 1

    assert not untouched(box, job, 7)
    assert not box.home.working(7).exists()


def test_the_first_leaves_those_alone_who_live(box, left):
    jobs = {gpu: left(gpu) for gpu in (0, 1)}
    first = Takeover(box, FIRST, "0-new")

    with held(box.home.worker_lock(1)):
        assert first.begin() == 1
        assert first.look() == 0
        assert untouched(box, jobs[1], 1)
        assert not untouched(box, jobs[0], 0)

    assert first.look() == 1, "it died, and stays away"
    assert not untouched(box, jobs[1], 1)


def test_jobs_of_runs_that_say_no_gpu_are_taken_up_by_the_first(box, ada):
    submit(box, ada.actor)
    job = claim(box, boot="01ARZ3NDEKTSV4RRFFQ69G5FAV")

    assert Takeover(box, SECOND, "1-new").begin() == 0
    assert Takeover(box, FIRST, "0-new").begin() == 1

    assert reading.job_by_id(box, job.id).state is State.PENDING


def test_its_own_running_jobs_stay(box, left):
    first = Takeover(box, FIRST, FIRST.boot("old"))
    job = left(0)

    assert first.look() == 0

    assert untouched(box, job, 0)
