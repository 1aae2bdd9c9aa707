"""Large files in pieces. What lies on disk is how far an upload has come; whole, it is an upload.

A file has one writer at a time: whoever holds its lock, which ends with the process that took it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from appliance import media
from appliance.core.clock import instant, micros
from appliance.core.errors import Conflict, InvalidInput, NotFound, TooLarge
from appliance.core.files import Kind
from appliance.core.ids import AccountId, new_id, new_ulid
from appliance.services.box import Box
from appliance.services.files import uploads

_TELLING = 65_536  # bytes by which what a file is can be told


class DigestMismatch(InvalidInput):
    """The piece that came has another digest than was announced; it was not kept."""

    status = 460  # as tus has it


@dataclass(frozen=True)
class Standing:
    """How far a file has come. `bytes`: of the whole file; `expires_at`: when it goes if it is not
    complete by then, None once it is.
    """

    id: str
    name: str
    bytes: int
    offset: int
    expires_at: datetime | None


@dataclass(frozen=True)
class Piece:
    """What comes next. `digest`: name of an algorithm and what it must give, if that was said."""

    offset: int
    parts: Iterable[bytes]
    digest: tuple[str, bytes] | None = None


def begin(box: Box, account: AccountId, *, name: str, size: int) -> Standing:
    """Expect a file of `size` bytes. Raises InvalidInput, TooLarge, StorageFull."""
    if size < 1:
        raise InvalidInput("An upload must have at least one byte.", field="Upload-Length")
    _check_size(size, largest(box))
    uploads.check_disk(box, size)
    upload_id = new_id("upl")
    until = box.clock.now() + timedelta(hours=box.settings.storage.unfinished_hours)
    _path(box, upload_id).parent.mkdir(mode=0o700, exist_ok=True)
    _path(box, upload_id).touch(mode=0o600)
    with box.db.transaction() as tx:
        tx.run(
            "INSERT INTO arriving(id, account, name, bytes, expires_at) VALUES (?, ?, ?, ?, ?)",
            (upload_id, account, name, size, micros(until)),
        )
    return Standing(upload_id, name, size, 0, until)


def largest(box: Box) -> int:
    """The most bytes that any file may have."""
    return max(box.settings.limits.video_bytes, box.settings.limits.upload_bytes)


def standing(box: Box, account: AccountId, upload_id: str) -> Standing:
    """How far a file has come, once that is safely on disk. Raises NotFound, and what
    `uploads.place` raises.
    """
    with suppress(NotFound), _held(box, account, upload_id, fcntl.LOCK_SH) as (file, row):
        os.fsync(file.fileno())
        reached = _at(row, os.fstat(file.fileno()).st_size)
        if reached.offset < row.bytes:
            return reached
    try:
        # Whole, and no upload: whoever was to make it one was killed, and nobody sends more.
        with suppress(NotFound), _held(box, account, upload_id) as (_file, row):
            _complete(box, account, row)
    except Conflict:
        return reached  # it is being made one
    whole = uploads.find_upload(box, account, upload_id).file
    return Standing(whole.id, whole.name, whole.bytes, whole.bytes, None)


def append(box: Box, account: AccountId, upload_id: str, piece: Piece) -> Standing:
    """Write a piece at the end of what has come; the last one makes it an upload.

    Raises NotFound; Conflict while somebody else writes, and for a piece that belongs elsewhere;
    TooLarge; DigestMismatch; StorageFull; and what `uploads.place` raises, the file is gone then.
    """
    uploads.check_disk(box)
    with _held(box, account, upload_id) as (file, row):
        offset = file.seek(0, os.SEEK_END)
        if piece.offset != offset:
            raise Conflict(
                f"{offset} bytes have come: go on from there.", details={"offset": offset}
            )
        reached = _written(file, piece, row.bytes)
        os.fsync(file.fileno())
        if reached == row.bytes or reached >= _TELLING:
            _check_kind(box, row)
        if reached == row.bytes:
            _complete(box, account, row)
        return _at(row, reached)


def drop(box: Box, account: AccountId, upload_id: str) -> None:
    """Give up a file that has not come whole. Raises NotFound; Conflict while somebody writes."""
    with _held(box, account, upload_id):
        _forget(box, upload_id)


def remove_expired(box: Box) -> int:
    """Remove what was begun and not completed in time; how many."""
    gone = 0
    for upload_id, account in box.db.rows(
        "SELECT id, account FROM arriving WHERE expires_at < ? LIMIT 500",
        (micros(box.clock.now()),),
    ):
        try:
            drop(box, account, upload_id)
        except Conflict:
            continue  # a piece is coming in yet
        except NotFound:
            _forget(box, upload_id)
        gone += 1
    return gone


def strays(box: Box) -> list[Path]:
    """Files of uploads that nobody goes on with: a crash left them, beside their row."""
    found = [*(box.home.tmp / "arriving").glob("*")]
    known = {row[0] for row in box.db.rows("SELECT id FROM arriving")} if found else set()
    return [path for path in found if path.name not in known]


def _path(box: Box, upload_id: str) -> Path:
    return box.home.tmp / "arriving" / upload_id


def _row(box: Box, account: AccountId, upload_id: str) -> Standing | None:
    if not upload_id.isascii():
        return None
    row = box.db.row(
        "SELECT id, name, bytes, expires_at FROM arriving WHERE id = ? AND account = ?",
        (upload_id, account),
    )
    return Standing(row[0], row[1], row[2], 0, instant(row[3])) if row else None


def _at(row: Standing, offset: int) -> Standing:
    until = row.expires_at if offset < row.bytes else None
    return Standing(row.id, row.name, row.bytes, offset, until)


@contextmanager
def _held(
    box: Box, account: AccountId, upload_id: str, lock: int = fcntl.LOCK_EX | fcntl.LOCK_NB
) -> Iterator[tuple[BinaryIO, Standing]]:
    """The file, open to this writer alone or to readers while nobody writes, and its row."""
    if _row(box, account, upload_id) is None:
        raise _gone(upload_id)
    try:
        file = _path(box, upload_id).open("r+b", buffering=0)
    except FileNotFoundError:
        raise _gone(upload_id) from None
    with file:
        try:
            fcntl.flock(file, lock)
        except BlockingIOError:
            raise Conflict("Another request is writing this upload.") from None
        row = _row(box, account, upload_id)  # it may have been completed, or given up, before
        if row is None:
            raise _gone(upload_id)
        yield file, row


def _gone(upload_id: str) -> NotFound:
    return NotFound(f"There is no unfinished upload {upload_id[:80]!a}.")


def _written(file: BinaryIO, piece: Piece, whole: int) -> int:
    """How far the file has come with the piece; without it if anything is wrong with it."""
    name, wanted = piece.digest or ("sha1", None)
    digest, reached = hashlib.new(name, usedforsecurity=False), piece.offset
    try:
        for part in piece.parts:
            reached += len(part)
            _check_size(reached, whole)
            file.write(part)
            if wanted is not None:
                digest.update(part)
        if wanted is not None and digest.digest() != wanted:
            raise DigestMismatch("The piece was damaged on its way: send it again.")
    except BaseException:
        file.truncate(piece.offset)
        raise
    return reached


def _check_kind(box: Box, row: Standing) -> None:
    """Refuse as early as it can be told: not after two gigabytes."""
    try:
        kind = media.sniff(_path(box, row.id)).kind
        limits = box.settings.limits
        _check_size(row.bytes, limits.video_bytes if kind is Kind.VIDEO else limits.upload_bytes)
    except Exception:
        _forget(box, row.id)
        raise


def _check_size(size: int, limit: int) -> None:
    if size > limit:
        raise TooLarge(
            f"The file has {size} bytes; at most {limit} are taken here.",
            details={"bytes": size, "limit_bytes": limit},
        )


def _complete(box: Box, account: AccountId, row: Standing) -> None:
    path = _path(box, row.id)
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    # Under a second name: the first one stays until the row is there, so that a crash on the way,
    # or rows that cannot be written now, lose nothing of what was sent.
    second = box.home.tmp / "arrivals" / new_ulid()
    second.parent.mkdir(mode=0o700, exist_ok=True)
    second.hardlink_to(path)
    try:
        placed = uploads.place(box, second, name=row.name, sha256=sha256, as_id=row.id)
    except Exception:
        _forget(box, row.id)
        raise
    try:
        with box.db.transaction("arrival") as tx:
            uploads.record_part(tx, box, account, [placed])
            tx.run("DELETE FROM arriving WHERE id = ?", (row.id,))
            tx.afterwards(path.unlink)
    finally:
        uploads.discard(box, [placed])


def _forget(box: Box, upload_id: str) -> None:
    with box.db.transaction() as tx:
        tx.run("DELETE FROM arriving WHERE id = ?", (upload_id,))
    _path(box, upload_id).unlink(missing_ok=True)
