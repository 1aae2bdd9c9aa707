from __future__ import annotations

import os

import pytest

from appliance.core.operation import Catalogue
from appliance.operations import discover
from appliance.services.hot.noticing import Noticing, file_field, folders_at_start, watched
from tests.support.box import OPERATIONS, card, frame, paint


@pytest.fixture
def noticing():
    return Noticing(settle_s=3.0)


def put(folder, name="cup.jpg", content=b"jpeg"):
    path = folder / name
    path.write_bytes(content)
    return path


def test_a_file_has_come_whole_when_it_stays_as_it_is(tmp_path, noticing):
    path = put(tmp_path)

    assert noticing.settled(tmp_path, 100.0) == []
    assert noticing.settled(tmp_path, 102.9) == []
    assert noticing.settled(tmp_path, 103.0) == [path]


def test_a_file_that_grows_is_waited_for(tmp_path, noticing):
    path = put(tmp_path)
    noticing.settled(tmp_path, 100.0)
    path.write_bytes(b"jpeg, more of it")
    assert noticing.settled(tmp_path, 103.0) == []
    assert noticing.settled(tmp_path, 106.0) == [path]


def test_a_file_of_the_same_size_that_is_still_written_is_waited_for(tmp_path, noticing):
    path = put(tmp_path)
    noticing.settled(tmp_path, 100.0)
    os.utime(path, (1, 1))  # a copy sets the original's time at its end

    assert noticing.settled(tmp_path, 103.0) == []


def test_an_empty_file_is_waited_for_much_longer(tmp_path, noticing):
    path = put(tmp_path, content=b"")
    noticing.settled(tmp_path, 100.0)

    assert noticing.settled(tmp_path, 159.0) == []
    assert noticing.settled(tmp_path, 160.0) == [path]


def test_a_name_that_comes_again_is_a_new_file(tmp_path, noticing):
    path = put(tmp_path)
    noticing.settled(tmp_path, 100.0)
    path.unlink()
    noticing.settled(tmp_path, 101.0)
    put(tmp_path)

    assert noticing.settled(tmp_path, 103.0) == []


@pytest.mark.parametrize(
    "name",
    [
        *(".hidden.jpg", "._cup.jpg", ".DS_Store", ".smbdelete0001", "~$cup.docx", "cup.jpg~"),
        *("cup.jpg.part", "cup.jpg.PARTIAL", "cup.tmp", "cup.jpg.filepart", "cup.crdownload"),
        *("params.json", "Thumbs.db", "desktop.ini", "Icon\r"),
    ],
)
def test_what_copying_programs_and_file_managers_leave_is_no_file(tmp_path, noticing, name):
    put(tmp_path, name)
    noticing.settled(tmp_path, 100.0)

    assert noticing.settled(tmp_path, 200.0) == []


def test_folders_links_and_pipes_are_no_files(tmp_path, noticing):
    (tmp_path / "folder.jpg").mkdir()
    (tmp_path / "link.jpg").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "pipe.jpg")
    noticing.settled(tmp_path, 100.0)

    assert noticing.settled(tmp_path, 200.0) == []


def test_the_oldest_come_first(tmp_path, noticing):
    for number, name in enumerate(("b.jpg", "c.jpg", "a.jpg")):
        os.utime(put(tmp_path, name), (number, number))
    noticing.settled(tmp_path, 100.0)

    names = [path.name for path in noticing.settled(tmp_path, 103.0)]
    assert names == ["b.jpg", "c.jpg", "a.jpg"]


def test_the_parameter_that_a_file_is_for():
    assert file_field(frame).name == "image"
    assert file_field(card) is None


def test_light_operations_that_a_file_is_enough_for_get_a_folder():
    assert folders_at_start(Catalogue(OPERATIONS)) == ["test.frame"]
    real = folders_at_start(discover())
    assert "product.process" in real
    assert not {"image.upscale", "image.generate", "models.install", "tools.qr"} & set(real)
    assert "product.relight" in real
    assert "product.background" not in real  # it wants a style or words


def test_folders_named_like_an_operation_for_a_file_are_watched(tmp_path):
    for name in (frame.name, card.name, paint.name, "else"):
        (tmp_path / name).mkdir()

    found = list(watched(tmp_path, Catalogue(OPERATIONS)))

    assert found == [(tmp_path / "test.frame", frame)]
