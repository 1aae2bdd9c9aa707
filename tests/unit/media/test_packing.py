from __future__ import annotations

import csv
import io
import zipfile

import pytest

from appliance.media.packing import pack, table, unique_names


def test_no_name_comes_twice_whatever_its_case():
    names = ["cup.jpg", "Cup.jpg", "cup.jpg", "cup-2.jpg", "cup"]

    assert unique_names(names) == ["cup.jpg", "Cup-2.jpg", "cup-3.jpg", "cup-2-2.jpg", "cup"]


def test_files_are_stored_as_they_are_and_counted(tmp_path):
    (tmp_path / "one").write_bytes(b"\xff\xd8 one")
    (tmp_path / "two").write_bytes(b"\xff\xd8 two")
    counts: list[int] = []

    pack(
        tmp_path / "all.zip",
        [("a.jpg", tmp_path / "one"), ("b.jpg", tmp_path / "two")],
        [("report.csv", "name\r\n")],
        counts.append,
    )

    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert archive.namelist() == ["a.jpg", "b.jpg", "report.csv"]
        assert archive.read("b.jpg") == b"\xff\xd8 two"
        assert archive.getinfo("a.jpg").compress_type == zipfile.ZIP_STORED
    assert counts == [1, 2]


def test_the_same_files_make_the_same_archive(tmp_path):
    (tmp_path / "one").write_bytes(b"one")
    for name in ("first.zip", "second.zip"):
        pack(tmp_path / name, [("a", tmp_path / "one")], [("b", "b")], lambda _count: None)

    assert (tmp_path / "first.zip").read_bytes() == (tmp_path / "second.zip").read_bytes()


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@sum(a1)", "\tx"])
def test_a_cell_that_a_spreadsheet_would_run_is_text(name):
    read = [*csv.reader(io.StringIO(table([[name, 3]]).removeprefix("\ufeff")))]

    assert read == [[f"'{name}", "3"]]


def test_a_table_holds_any_words_and_nothing_for_none():
    text = table([["Ñandú, 1\n2", None, 0]])

    assert text.startswith("\ufeff")
    assert [*csv.reader(io.StringIO(text[1:], newline=""))] == [["Ñandú, 1\n2", "", "0"]]
