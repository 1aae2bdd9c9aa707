"""Reading little of a file, however it leads on."""

from __future__ import annotations

import pytest

from appliance.core.errors import BrokenMedia
from appliance.media.skim import Skim, cut_off


@pytest.fixture
def skim(tmp_path):
    def open_(content: bytes) -> Skim:
        path = tmp_path / "file"
        path.write_bytes(content)
        return Skim(path.open("rb"))

    return open_


def test_bytes_are_read_where_they_are_asked_for(skim):
    file = skim(b"0123456789")

    assert (file.size, file.at(8, 4), file.at(99, 4)) == (10, b"89", b"")
    assert (file.number(0, 2), file.number(0, 2, little=True)) == (0x3031, 0x3130)
    file._file.close()


def test_chunks_follow_each_other_on_even_places(skim):
    file = skim(b"aaaa\3\0\0\0xyz\0bbbb\2\0\0\0uv" + b"cccc\xff\0\0\0")

    assert [*file.riff(0, file.size)] == [(b"aaaa", 8, 11), (b"bbbb", 20, 22), (b"cccc", 30, 285)]
    file._file.close()


def test_a_header_that_leads_in_circles_is_given_up(skim):
    file = skim(b"0")

    with pytest.raises(BrokenMedia, match="leads in circles"):
        _read_often(file)
    file._file.close()


def _read_often(file: Skim) -> None:
    for _ in range(50_000):
        file.at(0, 1)


def _read_often(file: Skim) -> None:
    for _ in range(50_000):
        file.at(0, 1)


def test_what_is_cut_off_is_said():
    assert str(cut_off("the end is missing")).startswith("The file is cut off: the end is missing.")
