from __future__ import annotations

import fcntl
import hashlib
import threading
from contextlib import contextmanager

import pytest

from appliance.adapters import database
from appliance.core.errors import (
    BrokenMedia,
    Busy,
    Conflict,
    InvalidInput,
    NotFound,
    StorageFull,
    TooLarge,
    UnsupportedMedia,
)
from appliance.services.files import resumable, retention, uploads
from appliance.services.files.resumable import DigestMismatch, Piece
from tests.support.box import let_go, opened_box
from tests.support.boxes import movie
from tests.support.personas import move_in
from tests.unit.services.files.test_uploads import png

MOVIE = movie(content=bytes(range(256)) * 400)


def begin(box, persona, content=MOVIE):
    return resumable.begin(box, persona.account, name="clip.mp4", size=len(content)).id


def send(box, persona, upload_id, offset, content, **more):
    return resumable.append(box, persona.account, upload_id, Piece(offset, [content], **more))


def offset(box, persona, upload_id):
    return resumable.standing(box, persona.account, upload_id).offset


def nothing_left(box):
    arriving = box.home.tmp / "arriving"
    files = [*box.home.uploads.iterdir(), *(arriving.iterdir() if arriving.exists() else ())]
    return not files and box.db.row("SELECT count(*) FROM arriving") == (0,)


def test_pieces_become_an_upload(box, ada):
    upload_id = begin(box, ada)
    assert offset(box, ada, upload_id) == 0

    for start in range(0, len(MOVIE), 30_000):
        standing = send(box, ada, upload_id, start, MOVIE[start : start + 30_000])
        assert standing.offset == min(start + 30_000, len(MOVIE))
        assert offset(box, ada, upload_id) == standing.offset

    kept = uploads.find_upload(box, ada.account, upload_id).file
    assert kept.path.read_bytes() == MOVIE
    assert (kept.name, kept.mime, kept.bytes) == ("clip.mp4", "video/mp4", len(MOVIE))
    assert kept.sha256 == hashlib.sha256(MOVIE).hexdigest() == kept.path.name
    assert resumable.standing(box, ada.account, upload_id).expires_at is None
    assert not [*(box.home.tmp / "arriving").iterdir()]


def test_the_same_bytes_as_before_are_stored_once(box, ada, cyd):
    for persona in (ada, cyd):
        send(box, persona, begin(box, persona), 0, MOVIE)

    assert len([*box.home.uploads.iterdir()]) == 1


def test_a_piece_that_belongs_elsewhere_is_refused_with_the_right_place(box, ada):
    upload_id = begin(box, ada)
    send(box, ada, upload_id, 0, MOVIE[:100])

    for wrong in (0, 99, 101, 10**17):
        with pytest.raises(Conflict) as caught:
            send(box, ada, upload_id, wrong, b"x")
        assert caught.value.details == {"offset": 100}
    assert offset(box, ada, upload_id) == 100


def test_more_than_was_announced_is_refused_and_not_kept(box, ada):
    upload_id = begin(box, ada)

    with pytest.raises(TooLarge):
        send(box, ada, upload_id, 0, MOVIE + b"x")
    assert offset(box, ada, upload_id) == 0


def test_a_connection_that_breaks_in_a_piece_leaves_what_was_there(box, ada):
    upload_id = begin(box, ada)
    send(box, ada, upload_id, 0, MOVIE[:100])

    def parts():
        yield MOVIE[100:200]
        raise ConnectionError

    with pytest.raises(ConnectionError):
        resumable.append(box, ada.account, upload_id, Piece(100, parts()))
    assert offset(box, ada, upload_id) == 100


def test_a_damaged_piece_is_not_kept(box, ada):
    upload_id = begin(box, ada)
    good = hashlib.sha1(MOVIE[:100]).digest()

    with pytest.raises(DigestMismatch):
        send(box, ada, upload_id, 0, MOVIE[1:101], digest=("sha1", good))
    assert offset(box, ada, upload_id) == 0
    assert send(box, ada, upload_id, 0, MOVIE[:100], digest=("sha1", good)).offset == 100


def test_only_one_writes_at_a_time_and_a_reader_waits(box, ada):
    upload_id = begin(box, ada)
    asked, seen = threading.Event(), []

    def read():
        asked.set()
        seen.append(offset(box, ada, upload_id))
        let_go(box)

    with (box.home.tmp / "arriving" / upload_id).open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        for attempt in (
            lambda: send(box, ada, upload_id, 0, MOVIE[:100]),
            lambda: resumable.drop(box, ada.account, upload_id),
        ):
            with pytest.raises(Conflict):
                attempt()
        reader = threading.Thread(target=read)
        reader.start()
        asked.wait()
        assert seen == []
    reader.join()

    assert seen == [0]
    assert send(box, ada, upload_id, 0, MOVIE[:100]).offset == 100


def test_cyd_finds_nothing_of_adas(box, ada, cyd):
    upload_id = begin(box, ada)

    for attempt in (
        lambda: offset(box, cyd, upload_id),
        lambda: send(box, cyd, upload_id, 0, MOVIE),
        lambda: resumable.drop(box, cyd.account, upload_id),
        lambda: offset(box, ada, "upl_\ud800"),
        lambda: send(box, ada, "../../appliance.db", 0, MOVIE),
    ):
        with pytest.raises(NotFound):
            attempt()


def test_an_unfinished_upload_is_no_file_yet(box, ada):
    with pytest.raises(NotFound):
        uploads.find(box, ada.account, begin(box, ada))


def test_what_was_dropped_is_gone(box, ada):
    upload_id = begin(box, ada)
    send(box, ada, upload_id, 0, MOVIE[:100])

    resumable.drop(box, ada.account, upload_id)

    assert nothing_left(box)
    with pytest.raises(NotFound):
        send(box, ada, upload_id, 100, MOVIE[100:])


def test_what_is_not_completed_in_time_goes(box, ada, clock):
    late, whole = begin(box, ada), begin(box, ada)
    send(box, ada, whole, 0, MOVIE)
    clock.step(hours=23)
    assert resumable.remove_expired(box) == 0
    young = begin(box, ada)
    clock.step(hours=1, seconds=1)

    assert retention.remove_expired(box) == 1

    assert offset(box, ada, whole) == len(MOVIE)
    assert offset(box, ada, young) == 0
    with pytest.raises(NotFound):
        offset(box, ada, late)


def test_one_whose_file_is_lost_is_swept_and_one_being_written_is_not(box, ada, clock):
    lost, written = begin(box, ada), begin(box, ada)
    (box.home.tmp / "arriving" / lost).unlink()
    with pytest.raises(NotFound):
        offset(box, ada, lost)
    clock.step(hours=25)

    with (box.home.tmp / "arriving" / written).open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        assert resumable.remove_expired(box) == 1
    assert resumable.remove_expired(box) == 1
    assert nothing_left(box)


@contextmanager
def small_box(tmp_path):
    limits = {"limits__upload_bytes": 50_000, "limits__video_bytes": 200_000}
    with opened_box(tmp_path, **limits) as box:
        yield box, move_in(box).ada


def test_every_kind_has_its_limit_and_it_is_told_early(tmp_path):
    with small_box(tmp_path) as (box, ada):
        assert send(box, ada, begin(box, ada), 0, MOVIE).offset == len(MOVIE)
        picture = png() + b"\0" * 100_000
        upload_id = begin(box, ada, picture)
        assert send(box, ada, upload_id, 0, picture[:60_000]).offset == 60_000

        with pytest.raises(TooLarge) as caught:
            send(box, ada, upload_id, 60_000, picture[60_000:70_000])

        assert caught.value.details["limit_bytes"] == 50_000
        with pytest.raises(NotFound):
            offset(box, ada, upload_id)


@pytest.mark.parametrize(
    ("size", "error"), [(0, InvalidInput), (200_001, TooLarge), (10**17, TooLarge)]
)
def test_a_size_beyond_the_limits_is_refused_at_once(tmp_path, size, error):
    with small_box(tmp_path) as (box, ada):
        with pytest.raises(error):
            resumable.begin(box, ada.account, name="a", size=size)
        assert nothing_left(box)


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"just words", UnsupportedMedia),
        (b"MZ" * 50_000, UnsupportedMedia),
        (png()[:12], BrokenMedia),
        (png(20_000, 10_000), TooLarge),
    ],
)
def test_what_is_no_medium_is_refused_and_gone(box, ada, content, error):
    with pytest.raises(error):
        send(box, ada, begin(box, ada, content), 0, content)

    assert nothing_left(box)


def test_a_full_disk_takes_no_piece(tmp_path):
    with opened_box(tmp_path) as box:
        ada = move_in(box).ada
        upload_id = begin(box, ada)
    with opened_box(tmp_path, storage__low_water_mb=10**12) as box:
        for attempt in (
            lambda: begin(box, ada),
            lambda: send(box, ada, upload_id, 0, MOVIE),
        ):
            with pytest.raises(StorageFull):
                attempt()


def test_a_last_piece_that_cannot_be_recorded_leaves_no_upload(box, ada, monkeypatch):
    upload_id = begin(box, ada)
    monkeypatch.setattr(database, "_BUSY_MS", 50)

    with box.db.transaction(), pytest.raises(Busy):
        send(box, ada, upload_id, 0, MOVIE)

    assert not [*box.home.uploads.iterdir()]
