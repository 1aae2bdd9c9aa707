from __future__ import annotations

import json
from dataclasses import replace

import pytest

from appliance.core.jobs import State
from appliance.core.progress import Step
from appliance.services.jobs import claiming, reading
from appliance.web.telling import Told, all_told, end, news, read_told
from tests.support.box import claim, submit


@pytest.fixture
def job(box, ada):
    """A job in its first attempt, nothing reported."""
    waiting = submit(box, ada.actor)
    claim(box)
    return reading.job_by_id(box, waiting.id)


def tell(job, told=Told()):  # noqa: B008  a value
    """The names told, and how far it is told then."""
    found = list(news(job, told))
    return [name for _told, name, _data in found], found[-1][0] if found else told


def pending(job, position):
    return replace(job, state=State.PENDING, position=position)


def at(job, report, **step):
    return replace(job, report=report, live=Step(report / 10, **step))


@pytest.mark.parametrize("told", [Told(), Told(0, 2, 0, 7), Told(3, 1, 57, 2**32 - 1)])
def test_an_id_reads_as_it_was_written(told):
    assert read_told(str(told)) == (told if told.stage else Told())


@pytest.mark.parametrize("text", ["", "1-1", "x", "1-9-0-0", "-1-1-1-1", "1-1-1-1-1", "9" * 5000])
def test_what_is_no_id_tells_the_truth_again(text):
    assert read_told(text) == Told()


def test_a_place_in_the_queue_is_told_when_it_changes(job):
    names, told = tell(pending(job, 5))
    assert names == ["queued"]

    assert tell(pending(job, 5), told)[0] == []
    assert tell(pending(job, 4), told)[0] == ["queued"]
    assert tell(pending(job, 0))[0] == ["queued"]


def test_each_report_is_told_once(job):
    names, told = tell(job)
    assert names == ["progress"]
    for report in (1, 2):
        names, told = tell(at(job, report, step=report, steps=9), told)
        assert names == ["progress"]
        assert tell(at(job, report), told)[0] == []


def test_loading_a_model_is_told_as_that(job):
    assert tell(at(job, 1, phase="loading_model"))[0] == ["loading_model"]


def test_a_preview_is_told_once_and_before_its_report(job):
    names, told = tell(at(job, 1, preview=b"one"))
    assert names == ["preview", "progress"]

    assert tell(at(job, 2, preview=b"one"), told)[0] == ["progress"]
    assert tell(at(job, 2, preview=b"two"), told)[0] == ["preview", "progress"]
    assert tell(at(job, 1, preview=b"two"), told)[0] == ["preview"]


def test_whoever_is_cut_off_between_preview_and_report_is_told_the_report_only(job):
    _, told = tell(at(job, 1, preview=b"one"))
    (between, name, _data), *_ = news(at(job, 2, preview=b"two"), told)
    assert name == "preview"

    assert tell(at(job, 2, preview=b"two"), read_told(str(between)))[0] == ["progress"]


def test_a_board_that_was_cleared_repeats_nothing(job):
    _, told = tell(at(job, 7))

    assert tell(job, told)[0] == []


def test_every_life_of_a_job_has_ids_that_grow(box, job):
    told, seen = Told(), []
    for look in (
        pending(replace(job, attempt=0), 3),
        pending(replace(job, attempt=0), 1),
        job,
        at(job, 1, phase="loading_model"),
        at(job, 2, preview=b"one"),
        pending(job, 0),
        replace(job, attempt=2),
        at(replace(job, attempt=2), 1),
    ):
        seen += [(so_far, name) for so_far, name, _data in news(look, told)]
        told = seen[-1][0]
    seen.append(end(replace(job, attempt=2, state=State.COMPLETED), {})[:2])

    assert [name for _told, name in seen] == [
        *("queued", "queued", "progress", "loading_model", "preview", "progress"),
        *("queued", "progress", "progress", "completed"),
    ]
    order = [told[:3] for told, _name in seen]
    assert order == sorted(order)
    assert len({str(told) for told, _name in seen}) == len(seen)


def test_a_given_back_job_is_told_from_its_row(box, ada):
    waiting = submit(box, ada.actor)
    first = claim(box)
    box.live.report(first.id, 1, Step(0.9, preview=b"one"))
    _, told = tell(reading.job_by_id(box, waiting.id))
    claiming.give_back(box, first)

    names, told = tell(reading.job_by_id(box, waiting.id), told)

    assert names == ["queued"]
    claim(box)
    assert tell(reading.job_by_id(box, waiting.id), told)[0] == ["progress"]


def test_an_end_is_told_until_somebody_has_it(job):
    done = replace(job, state=State.FAILED)

    told, name, data = end(done, {"status": "failed"})

    assert (name, json.loads(data)) == ("failed", {"status": "failed"})
    assert all_told(done, read_told(str(told)))
    assert not all_told(done, tell(job)[1])
    assert not all_told(job, told)
