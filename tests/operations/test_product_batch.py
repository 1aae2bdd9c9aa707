"""product.batch: one archive of what the jobs made, and a report on every file that was sent."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import pytest

from appliance.core.batch import Item
from appliance.core.files import Facts, Kind, Made
from appliance.core.ids import JobId
from appliance.core.jobs import JobError, State
from appliance.core.money import usd
from appliance.operations.product.batch import batch
from tests.support.context import FolderContext

JOB = JobId("01K7M2V8Q4R9S6T3W5X1Y0ZABC")


@pytest.fixture
def packed(tmp_path):
    """(output, names in the archive, rows of its report) of these items."""

    def pack(*items, **raw):
        context = FolderContext(tmp_path)
        context.gathered = items
        output = batch.run(context, batch.read(raw))
        with zipfile.ZipFile(output.files[0].made().path) as archive:
            assert archive.testzip() is None
            rows = csv.DictReader(io.StringIO(archive.read("report.csv").decode("utf-8-sig")))
            return output, archive.namelist(), list(rows)

    return pack


def made(folder: Path, name: str, *, there: bool = True) -> Made:
    path = folder / f"{len([*folder.iterdir()])}-{name}"
    if there:
        path.write_bytes(b"picture")
    return Made(name, path, "image/png", Kind.IMAGE, 7, "", Facts(64, 48))


def done(place: int, file: Made, name: str = "in/cup.jpg") -> Item:
    return Item(place, name, JOB, State.COMPLETED, usd("0.02"), files=(file,))


def test_pictures_of_the_same_name_lie_side_by_side(packed, tmp_path):
    items = [done(n, made(tmp_path, "cup.png")) for n in range(3)]

    output, names, rows = packed(*items, filename="Summer sale.zip")

    assert output.files[0].name == "Summer-sale.zip"
    assert names == ["cup.png", "cup-2.png", "cup-3.png", "report.csv"]
    assert [row["file"] for row in rows] == names[:3]
    assert rows[0] == {
        "name": "in/cup.jpg",
        "job_id": f"job_{JOB}",
        "status": "completed",
        "error_code": "",
        "error_message": "",
        "file": "cup.png",
        "width": "64",
        "height": "48",
        "bytes": "7",
        "charged_usd": "0.02",
    }
    assert output.warnings == ()


def test_a_picture_called_like_the_report_gives_way(packed, tmp_path):
    _output, names, _rows = packed(done(0, made(tmp_path, "report.csv")))

    assert names == ["report-2.csv", "report.csv"]


def test_what_came_to_nothing_says_why(packed, tmp_path):
    torn = JobError("invalid_input", "It is cut short.", retryable=False)
    output, names, rows = packed(
        done(0, made(tmp_path, "cup.png")),
        Item(1, "torn.jpg", JOB, State.FAILED, error=torn),
        Item(2, "=words.txt", error=JobError("unsupported_media", "No picture.", False)),
        Item(3, "late.jpg", JOB, State.CANCELLED),
    )

    told = [(row["name"], row["status"], row["error_code"], row["charged_usd"]) for row in rows]
    assert told == [
        ("in/cup.jpg", "completed", "", "0.02"),
        ("torn.jpg", "failed", "VALIDATION_ERROR", "0"),
        ("'=words.txt", "refused", "UNSUPPORTED_MEDIA_TYPE", "0"),
        ("late.jpg", "cancelled", "", "0"),
    ]
    assert names == ["cup.png", "report.csv"]
    assert output.facts == {
        "items": 4,
        "files": 1,
        "cancelled": 1,
        "completed": 1,
        "failed": 1,
        "refused": 1,
    }
    assert output.warnings == ("3 of 4 files came to nothing; report.csv says why.",)


def test_a_job_of_several_files_is_charged_in_one_row(packed, tmp_path):
    files = (made(tmp_path, "cup.png"), made(tmp_path, "cup.json"))
    item = Item(0, "cup.jpg", JOB, State.COMPLETED, usd("0.02"), files=files)

    _output, names, rows = packed(item)

    assert names == ["cup.png", "cup.json", "report.csv"]
    assert [row["charged_usd"] for row in rows] == ["0.02", "0"]


def test_a_file_that_is_no_longer_kept_is_told(packed, tmp_path):
    output, names, rows = packed(done(0, made(tmp_path, "cup.png", there=False)))

    assert names == ["report.csv"]
    assert (rows[0]["file"], rows[0]["charged_usd"]) == ("", "0.02")
    assert output.warnings == ("What 1 of the jobs made is no longer kept.",)


def test_where_nothing_came_of_any_there_is_the_report(packed):
    _output, names, rows = packed(Item(0, "a", JOB, State.FAILED))

    assert (names, len(rows)) == (["report.csv"], 1)
