from __future__ import annotations

import os

import pytest

from appliance.core.errors import Conflict, Forbidden, NotFound
from appliance.services.files import links, retention, storage, uploads
from appliance.services.files.storage import Difference, Held, Place, Trouble
from appliance.services.jobs import outcome, reading
from tests.support.box import claim, completed, made_file, put_upload, submit
from tests.unit.services.files.test_links import presented

HOUR = 3600


@pytest.fixture(autouse=True)
def later(clock):
    """Files are made by the machine's own clock; the box's is far enough beyond."""
    clock.step(days=3650)


def found(box, *, deep=False):
    return storage.differences(box, deep=deep)


def output(box, job):
    return box.home.outputs / job.id / "1" / "card.txt"


def aged(box, path, seconds):
    then = box.clock.now().timestamp() - seconds
    os.utime(path, (then, then))


def test_rows_and_files_that_agree_differ_nowhere(box, ada):
    completed(box, ada.actor)
    put_upload(box, ada.account)

    assert found(box) == found(box, deep=True) == []


def test_a_file_without_a_row_is_a_stray_once_it_is_an_hour_old(box, ada):
    for folder in (box.home.outputs, box.home.uploads):
        (folder / "left").write_bytes(b"123")
        aged(box, folder / "left", HOUR - 60)
    assert found(box) == []

    for folder in (box.home.outputs, box.home.uploads):
        aged(box, folder / "left", HOUR + 60)

    strays = [Difference(Trouble.STRAY, place, "left", 3) for place in Place]
    assert found(box) == strays


def test_files_of_unfinished_jobs_are_left_alone(box, ada):
    submit(box, ada.actor)
    made_file(box, claim(box))

    assert found(box) == []


def test_a_row_without_its_file_is_lost(box, ada):
    job, upload = completed(box, ada.actor), put_upload(box, ada.account)
    output(box, job).unlink()
    uploads.find(box, ada.account, upload).path.unlink()

    assert [(each.trouble, each.place) for each in found(box)] == [
        (Trouble.LOST, Place.OUTPUTS),
        (Trouble.LOST, Place.UPLOADS),
    ]


def test_a_file_of_another_size_is_altered_and_of_other_bytes_only_deep(box, ada):
    longer, other = completed(box, ada.actor), completed(box, ada.actor)
    output(box, longer).write_text("Hello there")
    output(box, other).write_text("Jello")

    assert [each.path for each in found(box)] == [f"{longer.id}/1/card.txt"]
    assert {each.trouble for each in found(box, deep=True)} == {Trouble.ALTERED}
    assert len(found(box, deep=True)) == 2


def test_repair_removes_strays_with_their_empty_folders(box, ada):
    kept = completed(box, ada.actor)
    stray = box.home.outputs / "job" / "1" / "left.png"
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"1")

    storage.repair(box, found(box))

    assert [each.name for each in box.home.outputs.iterdir()] == [kept.id]
    assert found(box, deep=True) == []


@pytest.mark.parametrize("damage", ["lost", "altered"])
def test_repair_gives_a_damaged_output_up_and_its_job_says_so(box, ada, damage):
    job = completed(box, ada.actor)
    view = reading.job_by_id(box, job.id)
    shown = presented(links.link(box, view, view.outputs[0]).path)
    output(box, job).unlink() if damage == "lost" else output(box, job).write_text("!")

    storage.repair(box, found(box))

    after = reading.job_by_id(box, job.id)
    says = f"The file card.txt was {damage} on the appliance's disk; it is gone."
    assert (after.outputs, after.warnings) == ((), (says,))
    with pytest.raises(Forbidden):
        links.opened(box, shown)
    assert not output(box, job).exists()
    assert found(box) == []


def test_repair_forgets_a_lost_upload(box, ada):
    upload = put_upload(box, ada.account)
    uploads.find(box, ada.account, upload).path.unlink()

    storage.repair(box, found(box))

    with pytest.raises(NotFound):
        uploads.find(box, ada.account, upload)
    assert found(box) == []


def test_a_disk_that_is_not_there_is_not_taken_for_lost_files(box, ada):
    for job in [completed(box, ada.actor) for _ in range(10)]:
        output(box, job).unlink()

    with pytest.raises(Conflict, match="is its disk mounted"):
        storage.repair(box, found(box))
    assert len(found(box)) == 10

    storage.repair(box, found(box), force=True)
    assert found(box) == []


def test_a_stray_that_got_a_row_meanwhile_stays(box, ada):
    (box.home.outputs / "late").write_bytes(b"1")
    strays = found(box)
    job = completed(box, ada.actor)
    with box.db.transaction() as tx:
        tx.run("UPDATE output SET path = 'late' WHERE job = ?", (job.id,))

    storage.repair(box, strays)

    assert (box.home.outputs / "late").exists()


def test_what_an_account_keeps_is_counted_as_it_comes_and_goes(box, ada, cyd, clock):
    assert storage.held_by(box, ada.account) == Held(0, 0)
    completed(box, ada.actor)
    put_upload(box, ada.account, content=b"12345")
    put_upload(box, cyd.account, content=b"123")
    assert storage.held_by(box, ada.account) == Held(5, 5)
    assert storage.held_by(box, cyd.account) == Held(3, 0)

    clock.step(days=31)
    retention.remove_expired(box)

    assert storage.held_by(box, ada.account) == storage.held_by(box, cyd.account) == Held(0, 0)


def test_all_that_is_stored_is_told_by_folder_and_by_account(box, ada):
    completed(box, ada.actor)
    put_upload(box, ada.account, content=b"12345")
    (box.home.tmp / "half").write_bytes(b"12")

    told = storage.stored(box)

    assert told.folders == {"outputs": 5, "uploads": 5, "tmp": 2, "hot": 0}
    assert told.accounts[ada.account] == Held(5, 5)
    assert told.free_bytes > 0
    assert told.low is False


def test_a_failed_job_keeps_nothing(box, ada):
    submit(box, ada.actor)
    outcome.fail(box, claim(box), NotFound("gone"))

    assert storage.held_by(box, ada.account) == Held(0, 0)
