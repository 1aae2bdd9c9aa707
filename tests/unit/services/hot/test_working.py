from __future__ import annotations

import json
from io import BytesIO

import pytest
from PIL import Image

from appliance.core.errors import ProcessingFailed
from appliance.core.ids import new_ulid
from appliance.core.jobs import State
from appliance.services.hot.working import HotFolder
from appliance.services.jobs import outcome, reading
from tests.support.box import (
    alive,
    claim,
    completed,
    made_file,
    opened_box,
    submit,
)
from tests.support.personas import move_in


@pytest.fixture
def hot_box(tmp_path, clock):
    with opened_box(tmp_path, clock=clock, hot__settle_s=0.0, **PRICES) as fresh:
        alive(fresh)
        yield fresh


PRICES = {"prices__native.test.frame": "0.02"}


@pytest.fixture
def cast(hot_box):
    return move_in(hot_box)


@pytest.fixture
def folder(hot_box, cast):
    HotFolder(hot_box).prepare()
    return hot_box.home.hot / "test.frame"


def photo():
    buffer = BytesIO()
    Image.new("RGB", (8, 4), "teal").save(buffer, "png")
    return buffer.getvalue()


def drop(folder, name="cup.png", content=None):
    (folder / name).write_bytes(photo() if content is None else content)


def jobs(box):
    return reading.page(box, None, reading.Filter(), limit=100).jobs


def lying(folder):
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def finish(box):
    """Do the pending job as a worker would."""
    alive(box)
    job = claim(box)
    assert outcome.finish(
        box, job, outcome.Result([made_file(box, job, "framed.png")], {}, (), 1.0)
    )
    return job


def test_a_dropped_file_becomes_a_job_of_the_boxs_own_account(hot_box, cast, folder):
    drop(folder)

    HotFolder(hot_box).look()

    (job,) = jobs(hot_box)
    assert (job.account, job.operation, job.family) == (cast.root.account, "test.frame", "native")
    assert job.price.usd() == "0.02"
    assert lying(folder) == [".working"]
    assert lying(folder / ".working" / job.id) == ["cup.png"]


def test_its_result_and_the_file_lie_in_done(hot_box, folder):
    drop(folder)
    hot = HotFolder(hot_box)
    hot.look()
    finish(hot_box)

    hot.look()

    assert lying(folder / "done") == ["cup-framed.png", "cup.png"]
    assert (folder / "done" / "cup-framed.png").read_text() == "Hello"
    assert lying(folder / ".working") == []
    hot.look()
    assert len(jobs(hot_box)) == 1


def test_a_failure_is_told_beside_the_file(hot_box, folder):
    drop(folder)
    hot = HotFolder(hot_box)
    hot.look()
    job = claim(hot_box)
    outcome.fail(hot_box, job, ProcessingFailed("The frame fell off the wall."))

    hot.look()

    assert lying(folder / "failed") == ["cup.png", "cup.png.error.txt"]
    text = (folder / "failed" / "cup.png.error.txt").read_text()
    assert text == f"cup.png: The frame fell off the wall.\n\ntest.frame, job_{job.id}\n"


def test_a_cancelled_job_is_told_too(hot_box, folder):
    drop(folder)
    hot = HotFolder(hot_box)
    hot.look()
    outcome.request_cancel(hot_box, jobs(hot_box)[0].id)

    hot.look()

    assert "cancelled" in (folder / "failed" / "cup.png.error.txt").read_text()


@pytest.mark.parametrize(
    ("content", "params", "says"),
    [
        (b"no picture at all", None, "no kind that is read here"),
        (b"", None, ""),
        (None, "{", "params.json beside the file is not JSON"),
        (None, "[1]", "must hold one JSON object"),
        (None, '{"colour": "red"}', "colour"),
        (None, '{"text": "naked child"}', ""),
    ],
)
def test_a_refused_file_fails_with_the_reason_and_keeps_nothing(
    hot_box, folder, content, params, says
):
    if params:
        (folder / "params.json").write_text(params)
    drop(folder, content=content)

    HotFolder(hot_box).look()

    assert lying(folder / "failed") == ["cup.png", "cup.png.error.txt"]
    assert says in (folder / "failed" / "cup.png.error.txt").read_text()
    assert jobs(hot_box) == ()
    assert [*hot_box.home.uploads.iterdir()] == []
    assert [*(hot_box.home.tmp / "arrivals").iterdir()] == []


def test_params_beside_the_files_are_for_all_of_them(hot_box, folder):
    (folder / "params.json").write_text(json.dumps({"text": "For Ada"}))
    drop(folder)

    HotFolder(hot_box).look()

    assert jobs(hot_box)[0].params["text"] == "For Ada"


def test_what_passes_is_waited_for_without_losing_the_file(hot_box, folder, clock):
    clock.step(hours=1)  # nothing was heard of a worker for an hour
    drop(folder)
    hot = HotFolder(hot_box)
    hot.look()
    assert jobs(hot_box) == ()

    alive(hot_box)
    hot.look()
    assert jobs(hot_box) == ()  # not asked again at once
    clock.step(seconds=15)
    alive(hot_box)
    hot.look()

    assert len(jobs(hot_box)) == 1


def test_a_crash_after_the_claim_runs_the_file_once(hot_box, folder):
    inside = folder / ".working" / new_ulid()
    inside.mkdir(parents=True)
    drop(inside)  # killed before the job was written

    for _ in range(2):
        HotFolder(hot_box).look()

    assert [job.id for job in jobs(hot_box)] == [inside.name]


def test_a_crash_before_the_file_was_moved_leaves_no_folder(hot_box, folder):
    (folder / ".working" / new_ulid()).mkdir(parents=True)
    drop(folder)

    HotFolder(hot_box).look()

    assert lying(folder / ".working") == [jobs(hot_box)[0].id]


def test_a_crash_after_the_job_was_written_runs_it_once(hot_box, folder):
    drop(folder)
    HotFolder(hot_box).look()

    HotFolder(hot_box).look()  # another process knows no more than the disk says
    finish(hot_box)
    HotFolder(hot_box).look()

    assert len(jobs(hot_box)) == 1
    assert lying(folder / "done") == ["cup-framed.png", "cup.png"]


def test_a_crash_while_results_are_copied_leaves_no_half_ones(hot_box, folder):
    drop(folder)
    HotFolder(hot_box).look()
    job = finish(hot_box)
    half = folder / ".working" / job.id / ".results"
    half.mkdir()
    (half / "cup-framed.png").write_text("Hel")
    (half / "stale.png").write_text("x")

    HotFolder(hot_box).look()

    assert (folder / "done" / "cup-framed.png").read_text() == "Hello"
    assert lying(folder / "done") == ["cup-framed.png", "cup.png"]


def test_the_same_file_dropped_twice_runs_twice(hot_box, folder):
    hot = HotFolder(hot_box)
    for _ in range(2):
        drop(folder)
        hot.look()
        finish(hot_box)
        hot.look()

    assert len(jobs(hot_box)) == 2
    assert lying(folder / "done") == [
        *("cup-2.png", "cup-framed-2.png", "cup-framed.png", "cup.png"),
    ]


def test_a_folder_named_after_somebody_elses_job_gives_nothing_away(hot_box, cast, folder):
    theirs = completed(hot_box, cast.cyd.actor)
    inside = folder / ".working" / theirs.id
    inside.mkdir(parents=True)
    drop(inside)

    HotFolder(hot_box).look()

    assert not (folder / "done").exists()
    assert lying(folder / "failed") == ["cup.png", "cup.png.error.txt"]


def test_a_full_folder_leaves_the_queue_to_others(hot_box, folder):
    for number in range(25):
        drop(folder, f"{number}.png")

    HotFolder(hot_box).look()

    assert len(jobs(hot_box)) == 20


def test_a_file_somebody_took_away_while_it_ran_still_gets_its_result(hot_box, folder):
    drop(folder)
    hot = HotFolder(hot_box)
    hot.look()
    job = finish(hot_box)
    (folder / ".working" / job.id / "cup.png").unlink()

    hot.look()

    assert lying(folder / "done") == ["result-framed.png"]


def test_one_folder_that_cannot_be_read_stops_no_other(hot_box, folder):
    inside = folder / ".working" / new_ulid()
    inside.mkdir(parents=True)
    (inside / "cup.png").symlink_to("/etc/hostname")  # not followed
    drop(folder, "mug.png")

    hot = HotFolder(hot_box)
    hot.look()
    hot.look()

    assert [job.state for job in jobs(hot_box)] == [State.PENDING]


def test_another_accounts_job_is_none_of_its_business(hot_box, cast, folder):
    submit(hot_box, cast.cyd.actor)

    HotFolder(hot_box).look()

    assert lying(folder) == []
