from __future__ import annotations

import os

import pytest

from appliance.services.hot.delivering import deliver, short


@pytest.fixture
def folder(tmp_path):
    (tmp_path / ".working").mkdir()
    return tmp_path


def ended(folder, how="done", job="1", result="cup-picture.png", file="cup.jpg"):
    inside = folder / ".working" / f"{job}.{how}"
    (inside / ".results").mkdir(parents=True)
    (inside / ".results" / result).write_text(f"result of {job}")
    (inside / file).write_text(f"file of {job}")


def lying(folder):
    return {path.name: path.read_text() for path in folder.iterdir() if path.is_file()}


def test_results_and_file_lie_beside_where_it_was_dropped(folder):
    ended(folder)
    ended(folder, "failed", "2", "map.jpg.error.txt", "map.jpg")

    deliver(folder, folder / ".working")

    assert lying(folder / "done") == {"cup-picture.png": "result of 1", "cup.jpg": "file of 1"}
    assert lying(folder / "failed") == {
        "map.jpg.error.txt": "result of 2",
        "map.jpg": "file of 2",
    }
    assert [*(folder / ".working").iterdir()] == []


def test_nothing_is_overwritten(folder):
    for job in "123":
        ended(folder, job=job)
        deliver(folder, folder / ".working")

    found = lying(folder / "done")
    assert sorted(found) == [
        *("cup-2.jpg", "cup-3.jpg", "cup-picture-2.png", "cup-picture-3.png"),
        *("cup-picture.png", "cup.jpg"),
    ]
    assert found["cup-2.jpg"] == "file of 2"


def test_a_crash_between_two_moves_is_gone_on_with(folder):
    ended(folder)
    (folder / "done").mkdir()
    inside = folder / ".working" / "1.done"
    # Killed after the second name was given and before the first was taken away.
    os.link(inside / ".results" / "cup-picture.png", folder / "done" / "cup-picture.png")

    deliver(folder, folder / ".working")

    assert sorted(lying(folder / "done")) == ["cup-picture.png", "cup.jpg"]


def test_what_is_worked_on_stays(folder):
    (folder / ".working" / "1").mkdir()

    deliver(folder, folder / ".working")

    assert (folder / ".working" / "1").is_dir()
    assert not (folder / "done").exists()


def test_the_longest_name_gets_a_number_too(folder):
    name = "é" * 123 + ".jpg"  # 250 bytes, of which a file system takes 255
    for job in "12":
        ended(folder, job=job, file=name)
        deliver(folder, folder / ".working")

    assert len([each for each in lying(folder / "done") if each.startswith("é")]) == 2


def test_a_short_name_stays_and_a_long_one_is_cut_by_bytes():
    assert short("cup") == "cup"
    assert len(os.fsencode(short("é" * 200))) == 150
