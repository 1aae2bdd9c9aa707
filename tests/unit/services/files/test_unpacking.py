from __future__ import annotations

import pytest

from appliance.core.errors import ApplianceError, StorageFull, TooLarge, UnsupportedMedia
from appliance.core.files import Upload
from appliance.services.files import uploads
from appliance.services.files.unpacking import unpacked
from tests.support.archives import photo, zipped
from tests.support.box import opened_box


@pytest.fixture
def sent(box, tmp_path):
    """An archive of these files, as it arrived."""

    def arrive(files):
        path = tmp_path / "sent.zip"
        path.write_bytes(zipped(files))
        return path

    return arrive


def test_pictures_are_placed_and_what_is_none_says_why(box, sent):
    archive = sent(
        {
            "in/cup.jpg": photo(),
            "inner.zip": zipped({"a.jpg": photo()}),
            "words.txt": b"Hello",
            "empty.jpg": b"",
        }
    )

    found = dict(unpacked(box, archive))

    cup = found.pop("in/cup.jpg")
    assert isinstance(cup, Upload)
    assert (cup.name, cup.mime, cup.facts.width_px) == ("cup.jpg", "image/jpeg", 48)
    assert {name: str(why) for name, why in found.items() if isinstance(why, ApplianceError)} == {
        "inner.zip": "An archive inside the archive is not unpacked.",
        "words.txt": str(found["words.txt"]),
        "empty.jpg": "The file is empty.",
    }
    assert [*(box.home.tmp / "arrivals").iterdir()] == []
    uploads.discard(box, [cup])
    assert [*box.home.uploads.iterdir()] == []


def test_more_files_than_the_setting_allows_are_refused_unpacked(tmp_path, clock, sent):
    with opened_box(tmp_path / "small", clock=clock, batch__files=1) as small:
        with pytest.raises(TooLarge):
            next(unpacked(small, sent({"a.jpg": photo(), "b.jpg": photo()})))

        assert not (small.home.tmp / "arrivals").exists()


def test_what_unpacks_to_more_than_the_disk_holds_is_refused(tmp_path, clock, sent):
    with (
        opened_box(tmp_path / "small", clock=clock, storage__low_water_mb=10**12) as full,
        pytest.raises(StorageFull),
    ):
        next(unpacked(full, sent({"a.jpg": photo()})))


def test_what_is_no_archive_is_refused(box, tmp_path):
    path = tmp_path / "sent.zip"
    path.write_bytes(photo())

    with pytest.raises(UnsupportedMedia):
        next(unpacked(box, path))
