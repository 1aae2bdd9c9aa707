from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from appliance.core.errors import NotFound
from appliance.core.ids import job_name, job_uuid
from appliance.core.jobs import State
from appliance.services.files import retention, uploads
from appliance.services.jobs import outcome, reading
from tests.support.box import Frame, claim, completed, made_file, opened_box, put_upload, submit
from tests.support.personas import move_in


def files(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def frame(box, persona, reference):
    upload = uploads.find(box, persona.account, reference)
    return submit(box, persona.actor, "test.frame", params=Frame(upload))


def test_nothing_goes_before_its_time(box, ada, clock):
    completed(box, ada.actor)
    put_upload(box, ada.account)
    clock.step(days=2)

    assert retention.remove_expired(box) == 0
    assert len(files(box.home.outputs)) == len(files(box.home.uploads)) == 1


def test_an_output_goes_when_its_time_is_over_and_the_job_stays(box, ada, clock):
    job = completed(box, ada.actor)
    clock.step(days=30, seconds=1)

    assert retention.remove_expired(box) == 1

    kept = reading.job_by_id(box, job.id)
    assert (kept.state, kept.outputs, kept.facts) == (State.COMPLETED, (), {"seed": 7})
    assert files(box.home.outputs) == []
    with pytest.raises(NotFound):
        uploads.find(box, ada.account, f"{job_name(job.id)}/0")


def test_an_upload_goes_when_its_time_is_over(box, ada, clock):
    old = put_upload(box, ada.account)
    clock.step(days=1)
    young = put_upload(box, ada.account)
    clock.step(days=1, seconds=1)

    assert retention.remove_expired(box) == 1

    assert [path.name for path in files(box.home.uploads)] == [young]
    with pytest.raises(NotFound):
        uploads.find(box, ada.account, old)


def test_an_unfinished_job_keeps_its_upload_and_a_finished_one_does_not(box, ada, clock):
    frame(box, ada, put_upload(box, ada.account))
    clock.step(days=3)
    assert retention.remove_expired(box) == 0
    job = claim(box)
    assert retention.remove_expired(box) == 0

    outcome.finish(box, job, outcome.Result([], {}, (), 1.0))

    assert retention.remove_expired(box) == 1


@pytest.mark.parametrize("write", [job_name, job_uuid, str])
def test_an_unfinished_job_keeps_the_earlier_output_that_it_reads(box, ada, clock, write):
    first = completed(box, ada.actor)
    clock.step(days=29)
    frame(box, ada, f"{write(first.id)}/0")
    clock.step(days=2)

    assert retention.remove_expired(box) == 0
    assert len(files(box.home.outputs)) == 1


def test_a_file_that_is_gone_already_does_not_stop_the_sweep(box, ada, clock):
    completed(box, ada.actor)
    put_upload(box, ada.account)
    for path in (*files(box.home.outputs), *files(box.home.uploads)):
        path.unlink()
    clock.step(days=31)

    assert retention.remove_expired(box) == 2


def test_an_emptied_job_leaves_no_folders_behind(box, ada, clock):
    job = completed(box, ada.actor)
    clock.step(days=31)

    retention.remove_expired(box)

    assert not (box.home.outputs / job.id).exists()


def test_a_job_of_several_files_loses_them_together(box, ada, clock):
    submit(box, ada.actor)
    job = claim(box)
    made = [made_file(box, job, f"{n}.txt") for n in range(3)]
    outcome.finish(box, job, outcome.Result(made, {}, (), 1.0))
    clock.step(days=31)

    assert retention.remove_expired(box) == 3
    assert files(box.home.outputs) == []


def test_how_long_is_a_setting(tmp_path, clock):
    days = {"storage__outputs_days": 0.5, "storage__uploads_days": 0.25}
    with opened_box(tmp_path, clock=clock, **days) as box:
        ada = move_in(box).ada
        completed(box, ada.actor)
        put_upload(box, ada.account)

        clock.step(hours=6, seconds=1)
        assert retention.remove_expired(box) == 1
        clock.step(hours=6)
        assert retention.remove_expired(box) == 1


def test_a_big_backlog_goes_in_several_sweeps(box, ada, clock):
    job = completed(box, ada.actor)
    file = reading.job_by_id(box, job.id).outputs[0]
    old = clock.now() - timedelta(days=1)
    with box.db.transaction() as tx:
        for index in range(1, 700):
            name = replace(file, index=index).index
            tx.run(
                "INSERT INTO output SELECT job, ?, path, name, mime, kind, bytes, sha256, width_px,"
                " height_px, seconds, ? FROM output WHERE idx = 0",
                (name, int(old.timestamp() * 1e6)),
            )

    assert [retention.remove_expired(box) for _ in range(3)] == [500, 199, 0]
