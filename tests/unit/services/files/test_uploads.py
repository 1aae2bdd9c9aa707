from __future__ import annotations

import hashlib
import struct
import zlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

import pytest

from appliance.adapters import database
from appliance.core.clock import micros
from appliance.core.errors import (
    BrokenMedia,
    Busy,
    InvalidInput,
    NotFound,
    TooLarge,
    UnsupportedMedia,
)
from appliance.core.files import Facts, Kind, Upload
from appliance.core.ids import job_name, job_uuid
from appliance.core.params import Accepts, Help, Length
from appliance.services.files import uploads
from tests.support.box import Card, Frame, completed, opened_box, put_upload
from tests.support.personas import move_in


@dataclass(frozen=True)
class Several:
    images: Annotated[tuple[Upload, ...], Help("Pictures"), Accepts(Kind.IMAGE)]
    words: Annotated[tuple[str, ...], Help("Words"), Length(0, 3)] = ()
    mask: Annotated[Upload | None, Help("Mask"), Accepts(Kind.IMAGE)] = None


def png(width: int = 8, height: int = 4) -> bytes:
    """A real, black PNG."""

    def chunk(name: bytes, data: bytes) -> bytes:
        crc = zlib.crc32(name + data)
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", crc)

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    lines = zlib.compress(b"".join(b"\0" * (width + 1) for _ in range(min(height, 64))))
    parts = ((b"IHDR", head), (b"IDAT", lines), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def arrived(box, content):
    path = box.home.tmp / "arrived"
    path.write_bytes(content)
    return path


def keep(box, persona, content, name="Mi foto ñ.png"):
    digest = hashlib.sha256(content).hexdigest()
    return uploads.keep(box, persona.account, arrived(box, content), name=name, sha256=digest)


def untouched(box):
    return not [*box.home.tmp.iterdir(), *box.home.uploads.iterdir()]


def test_an_arrived_picture_is_kept_under_an_id_and_found_again(box, ada, clock):
    kept = keep(box, ada, png())

    assert kept.id.startswith("upl_")
    assert (kept.name, kept.mime, kept.kind) == ("Mi-foto-n.png", "image/png", Kind.IMAGE)
    assert kept.facts == Facts(8, 4, 0.0)
    assert kept.path.read_bytes() == png()
    assert uploads.find(box, ada.account, kept.id) == kept
    assert not (box.home.tmp / "arrived").exists()
    until = box.db.row("SELECT retained_until FROM upload")
    assert until == (micros(clock.now() + timedelta(days=2)),)


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", UnsupportedMedia),
        (b"just words", UnsupportedMedia),
        (b"\0" * 3_000_000, UnsupportedMedia),
        (b"MZ\x90\0" + b"\0" * 100, UnsupportedMedia),
        (png()[:12], BrokenMedia),
        (png(20_000, 10_000), TooLarge),
    ],
)
def test_what_is_not_a_medium_we_take_is_refused_and_gone(box, ada, content, error):
    with pytest.raises(error):
        keep(box, ada, content, "photo.png")

    assert untouched(box)
    assert box.db.row("SELECT count(*) FROM upload") == (0,)


def test_content_decides_and_not_the_name(box, ada):
    assert keep(box, ada, png(), "song.mp3").mime == "image/png"


def test_the_pixel_limit_is_told_with_the_numbers(box, ada):
    with pytest.raises(TooLarge, match="20000×10000") as caught:
        keep(box, ada, png(20_000, 10_000))

    assert caught.value.details["limit_pixels"] == 100_000_000


def test_a_picture_that_cannot_be_recorded_leaves_no_file(box, ada, monkeypatch):
    monkeypatch.setattr(database, "_BUSY_MS", 50)

    with box.db.transaction(), pytest.raises(Busy):
        keep(box, ada, png())

    assert untouched(box)


def test_a_placed_file_is_an_upload_once_it_has_its_row(box, ada):
    placed = uploads.place(box, arrived(box, png()), name="a.png", sha256="0")
    with pytest.raises(NotFound):
        uploads.find(box, ada.account, placed.id)

    uploads.remember(box, ada.account, [placed])

    assert uploads.find(box, ada.account, placed.id) == placed


def test_only_placed_files_without_a_row_are_discarded(box, ada):
    one, other = (
        uploads.place(box, arrived(box, png()), name="a.png", sha256=letter) for letter in "01"
    )
    uploads.remember(box, ada.account, [one])

    uploads.discard(box, [one, other])
    uploads.discard(box, [one, other])

    assert [*box.home.uploads.iterdir()] == [one.path]
    assert uploads.with_rows(box, [one.path.name, other.id, "nothing"]) == {one.path.name}


@pytest.mark.parametrize("write", [job_name, job_uuid, str, lambda _: "1"])
def test_an_output_of_an_earlier_job_is_a_file_by_any_name_of_the_job(box, ada, ben, write):
    job = completed(box, ada.actor)

    found = uploads.find(box, ben.account, f"{write(job.id)}/0")

    assert found.path.read_text() == "Hello"
    assert (found.kind, found.facts) == (Kind.DOCUMENT, Facts(8, 4, 0.0))


def test_cyd_does_not_find_adas_files(box, ada, cyd):
    upload, job = put_upload(box, ada.account), completed(box, ada.actor)

    for reference in (upload, f"{job_name(job.id)}/0", "1/0"):
        with pytest.raises(NotFound):
            uploads.find(box, cyd.account, reference)


@pytest.mark.parametrize(
    "reference",
    [
        "",
        "upl_",
        "upl_nothing",
        "nothing",
        "1/1",
        "9/0",
        "../appliance.db",
        "upl_\x00",
        "upl_\ud800",
    ],
)
def test_a_file_that_is_not_there_is_not_found(box, ada, reference):
    completed(box, ada.actor)

    with pytest.raises(NotFound) as caught:
        uploads.find(box, ada.account, reference)
    caught.value.message.encode()


def test_a_file_whose_bytes_are_gone_is_not_found(box, ada):
    upload = put_upload(box, ada.account)
    (box.home.uploads / upload).unlink()

    with pytest.raises(NotFound):
        uploads.find(box, ada.account, upload)


def test_params_are_written_with_files_as_ids_and_come_back_the_same(box, ada):
    one, other = (
        uploads.find(box, ada.account, put_upload(box, ada.account, content=letter))
        for letter in (b"a", b"b")
    )
    params = Several((one, other), ("x", "y"), None)
    written = uploads.written(params)

    assert written["images"] == [{"file": one.id}, {"file": other.id}]
    assert uploads.revived(box, ada.account, Several, written) == params
    plain = Card("Hi", seed=3)
    assert uploads.revived(box, ada.account, Card, uploads.written(plain)) == plain


def test_a_job_whose_file_is_gone_names_the_parameter(box, ada):
    upload = uploads.find(box, ada.account, put_upload(box, ada.account))
    written = uploads.written(Frame(upload))
    upload.path.unlink()

    with pytest.raises(InvalidInput) as caught:
        uploads.revived(box, ada.account, Frame, written)
    assert caught.value.field == "image"


def test_the_pixel_limit_is_a_setting(tmp_path):
    with opened_box(tmp_path, limits__picture_pixels=31) as box, pytest.raises(TooLarge):
        keep(box, move_in(box).ada, png())
