from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta

import pytest

from appliance.core.errors import NotFound
from appliance.core.ids import job_name, job_uuid
from appliance.core.jobs import State
from appliance.services import events
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


@pytest.mark.parametrize(("hours", "stays"), [(23, True), (25, False)])
def test_what_a_killed_web_process_left_goes_after_a_day(box, ada, clock, hours, stays):
    upload = box.home.uploads / put_upload(box, ada.account)
    (box.home.tmp / "arrivals").mkdir()
    left = (box.home.uploads / "upl_left", box.home.tmp / "arrivals" / "left")
    for path in (*left, upload):
        path.touch()
        os.utime(path, (clock.now().timestamp() - hours * 3600,) * 2)

    retention.remove_expired(box)

    assert [path.exists() for path in (*left, upload)] == [stays, stays, True]


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
    days = {"storage__outputs_days": 0.5, "storage__uploads_days": 0.25, "storage__tmp_hours": 1}
    with opened_box(tmp_path, clock=clock, **days) as box:
        ada = move_in(box).ada
        completed(box, ada.actor)
        put_upload(box, ada.account)

        (box.home.tmp / "loose").touch()
        age(clock, 2, box.home.tmp / "loose")
        clock.step(hours=6, seconds=1)
        assert retention.remove_expired(box) == 1
        assert not (box.home.tmp / "loose").exists()
        clock.step(hours=6)
        assert retention.remove_expired(box) == 1


def test_a_big_backlog_goes_in_small_transactions_all_in_one_sweep(box, ada, clock):
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

    statements: list[str] = []
    box.db.peewee.connection().set_trace_callback(statements.append)

    assert [retention.remove_expired(box) for _ in range(2)] == [699, 0]

    assert statements.count("COMMIT") == 8  # seven for the rows, one for the file they share


def rows(box) -> dict[str, int]:
    return {
        table: box.db.row(f"SELECT count(*) FROM {table}")[0] for table in ("event", "idempotency")
    }


def test_keys_go_after_a_day_and_events_after_a_month(box, ada, clock):
    submit(box, ada.actor, idempotency=("one", b"1"))
    clock.step(hours=24, microseconds=-1)
    submit(box, ada.actor, idempotency=("two", b"2"))

    assert retention.remove_old_rows(box) == 0
    clock.step(microseconds=1)
    assert retention.remove_old_rows(box) == 1
    assert rows(box) == {"event": 2, "idempotency": 1}

    clock.step(days=29)
    assert retention.remove_old_rows(box) == 2
    assert rows(box) == {"event": 1, "idempotency": 0}
    clock.step(days=1)
    assert retention.remove_old_rows(box) == 1


def test_how_long_events_are_kept_is_a_setting(tmp_path, clock):
    with opened_box(tmp_path, clock=clock, storage__events_days=0.5) as box:
        submit(box, move_in(box).ada.actor)
        clock.step(hours=12, microseconds=-1)
        assert retention.remove_old_rows(box) == 0
        clock.step(microseconds=1)

        assert retention.remove_old_rows(box) == 1


def test_old_rows_go_in_small_transactions_all_in_one_sweep(box, ada, clock):
    job = submit(box, ada.actor)
    with box.db.transaction() as tx:
        for _ in range(1234):
            events.record_state(tx, box, job.id)
    clock.step(days=31)
    submit(box, ada.actor)
    statements: list[str] = []
    box.db.peewee.connection().set_trace_callback(statements.append)

    assert retention.remove_old_rows(box) == 1235

    commits = [each for each in statements if each == "COMMIT"]
    # Three for the events, one each for deliveries, keys, replies and links.
    assert len(commits) == 7
    assert rows(box)["event"] == 1


def test_a_key_used_anew_after_its_day_is_not_swept_with_the_old_ones(box, ada, clock):
    submit(box, ada.actor, idempotency=("key", b"1"))
    clock.step(days=1)
    fresh = submit(box, ada.actor, idempotency=("key", b"2"))

    retention.remove_old_rows(box)

    assert box.db.rows("SELECT job FROM idempotency") == [(fresh.id,)]


def test_a_file_is_marked_before_it_goes_and_a_crash_between_is_finished_by_the_next_sweep(
    box, ada
):
    job = completed(box, ada.actor)
    with box.db.transaction() as tx:  # as far as a sweep came that was killed
        assert retention.drop_outputs_part(tx, [(job.id, 0)]) == 1
    with pytest.raises(NotFound):
        uploads.find(box, ada.account, f"{job_name(job.id)}/0")
    assert len(files(box.home.outputs)) == 1

    retention.remove_expired(box)

    assert files(box.home.outputs) == []
    assert box.db.rows("SELECT * FROM removal") == []


def test_a_file_that_was_unlinked_before_the_crash_is_no_trouble(box, ada):
    job = completed(box, ada.actor)
    with box.db.transaction() as tx:
        retention.drop_outputs_part(tx, [(job.id, 0)])
    files(box.home.outputs)[0].unlink()

    retention.finish_removals(box)

    assert box.db.rows("SELECT * FROM removal") == []


def test_a_file_that_cannot_be_removed_stays_marked_and_stops_no_other(box, ada, clock):
    stuck, job = completed(box, ada.actor), completed(box, ada.actor)
    path = box.home.outputs / stuck.id / "1" / "card.txt"
    path.unlink()
    path.mkdir()  # unlink refuses a folder
    clock.step(days=31)

    assert retention.remove_expired(box) == 2

    assert not (box.home.outputs / job.id).exists()
    assert box.db.rows("SELECT path FROM removal") == [(f"{stuck.id}/1/card.txt",)]


@pytest.mark.parametrize(("hours", "stays"), [(23, True), (25, False)])
def test_what_jobs_left_half_made_goes_after_a_day(box, ada, clock, hours, stays):
    left = box.home.working(0) / "01K7M2V8Q4R9S6T3W5X1Y0ZABC-1"
    left.mkdir(parents=True)
    (left / "picture.png").write_bytes(b"half")
    loose = box.home.tmp / "loose"
    loose.write_bytes(b"x")
    age(clock, hours, left, loose)

    retention.remove_expired(box)

    assert (left.exists(), loose.exists()) == (stays, stays)


def test_what_a_running_job_makes_stays_however_long_it_takes(box, ada, clock):
    submit(box, ada.actor)
    job = claim(box)
    making = box.home.working(0) / f"{job.id}-1"
    making.mkdir(parents=True)
    age(clock, 100, making)

    retention.remove_expired(box)

    assert making.exists()


def age(clock, hours, *paths):
    then = clock.now().timestamp() - hours * 3600
    for path in paths:
        os.utime(path, (then, then))
