"""Reading ZIP archives that strangers send. Pure Python: the web process uses it.

All that can be told without unpacking is told first. Nothing is ever written under a name that the
archive gives. Limits are the caller's.
"""

from __future__ import annotations

import hashlib
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from appliance.core.errors import ApplianceError, BrokenMedia, TooLarge, UnsupportedMedia

_BEGINS, _EMPTY = b"PK\x03\x04", b"PK\x05\x06"
_END, _END_BYTES, _ZIP64 = b"PK\x05\x06", 22, b"PK\x06\x07"
_TAIL = 65_536 + _END_BYTES  # an archive ends with a record and a comment of up to 64 KB
_DIRECTORY_BYTES = 4_000_000  # of the list of files, which is read as a whole
_ENCRYPTED = 0x1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DRIVE = re.compile(r"[A-Za-z]:")
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)
# What systems leave in archives beside the files that somebody meant.
_LEFT_OVER = re.compile(r"(?:.*/)?(?:__MACOSX/.*|\.[^/]*|thumbs\.db|desktop\.ini)", re.IGNORECASE)
_LONGEST_NAME = 200
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Room:
    """How much an archive may hold: files, bytes of one, bytes of all, unpacked."""

    files: int
    file_bytes: int
    total_bytes: int


@dataclass(frozen=True)
class Member:
    """A file in an archive. `refusal`: why it is not unpacked, None if it may be."""

    name: str
    bytes: int
    refusal: ApplianceError | None
    entry: zipfile.ZipInfo


@dataclass(frozen=True)
class Archive:
    """An open archive: its files in order, without folders and what systems leave behind."""

    members: tuple[Member, ...]
    file: zipfile.ZipFile

    def unpack(self, member: Member, target: Path) -> str:
        """Write a member to `target`, which must not be there; its SHA-256 in hex.

        Raises what refuses the member, BrokenMedia for damage; `target` is gone then.
        """
        if member.refusal:
            raise member.refusal
        digest = hashlib.sha256()
        try:
            with self.file.open(member.entry) as source, target.open("xb") as written:
                while chunk := source.read(_CHUNK):
                    digest.update(chunk)
                    written.write(chunk)
        except _DAMAGE:
            target.unlink(missing_ok=True)
            raise BrokenMedia("The file is damaged inside the archive.") from None
        return digest.hexdigest()


@contextmanager
def opened_archive(path: Path, room: Room) -> Iterator[Archive]:
    """The archive, its list of files read and nothing unpacked.

    Raises UnsupportedMedia for what is no ZIP archive, BrokenMedia for a damaged one, TooLarge for
    more files or bytes than there is room for.
    """
    _check_ends(path)
    try:
        opened = zipfile.ZipFile(path)
    except _DAMAGE:
        raise BrokenMedia("The archive is damaged or cut short.") from None
    with opened as file:
        entries = [entry for entry in file.infolist() if not _left_over(entry)]
        _check_room(entries, path.stat().st_size, room)
        yield Archive(tuple(_member(entry, room) for entry in entries), file)


def _check_ends(path: Path) -> None:
    with path.open("rb") as file:
        head, size = file.read(4), path.stat().st_size
        file.seek(max(0, size - _TAIL))
        tail = file.read()
    if head not in (_BEGINS, _EMPTY):
        raise UnsupportedMedia("This is no ZIP archive.")
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_BYTES:
        raise BrokenMedia("The archive is damaged or cut short: its list of files is missing.")
    length = int.from_bytes(tail[at + 12 : at + 16], "little")
    # The list of a large archive stands elsewhere, and how long it is must be believed.
    if _ZIP64 in tail[max(0, at - 20) : at] or length > _DIRECTORY_BYTES:
        raise TooLarge("The archive lists more files than are taken. Send several smaller ones.")


def _left_over(entry: zipfile.ZipInfo) -> bool:
    return entry.is_dir() or _LEFT_OVER.fullmatch(entry.filename.replace("\\", "/")) is not None


def _check_room(entries: list[zipfile.ZipInfo], size: int, room: Room) -> None:
    if len(entries) > room.files:
        raise TooLarge(
            f"The archive holds {len(entries)} files; at most {room.files} are taken at once.",
            details={"files": len(entries), "limit_files": room.files},
        )
    total = sum(entry.file_size for entry in entries)
    if total > room.total_bytes:
        raise TooLarge(
            f"The archive unpacks to {total} bytes; at most {room.total_bytes} are taken at once.",
            details={"bytes": total, "limit_bytes": room.total_bytes},
        )
    if sum(entry.compress_size for entry in entries) > size:
        raise BrokenMedia("The archive is damaged: its files lie over one another.")


def _member(entry: zipfile.ZipInfo, room: Room) -> Member:
    shown = "".join(each if each.isprintable() else "�" for each in entry.filename)
    return Member(shown[-_LONGEST_NAME:], entry.file_size, _refusal(entry, room), entry)


def _refusal(entry: zipfile.ZipInfo, room: Room) -> ApplianceError | None:
    name = entry.orig_filename.replace("\\", "/")
    if name.startswith("/") or _DRIVE.match(name) or ".." in name.split("/"):
        return UnsupportedMedia("Its name leads out of the archive.")
    if stat.S_ISLNK(entry.external_attr >> 16):
        return UnsupportedMedia("It is a link, not a file.")
    if entry.flag_bits & _ENCRYPTED:
        return UnsupportedMedia("It is encrypted. Pack it without a password.")
    if entry.compress_type not in _METHODS:
        return UnsupportedMedia("It is packed in a way that is not read: use stored or deflated.")
    if entry.file_size > room.file_bytes:
        return TooLarge(
            f"It has {entry.file_size} bytes; at most {room.file_bytes} are taken.",
            details={"bytes": entry.file_size, "limit_bytes": room.file_bytes},
        )
    return None


def is_archive(path: Path) -> bool:
    """Whether a file begins as a ZIP archive does."""
    with path.open("rb") as file:
        return file.read(4) in (_BEGINS, _EMPTY)
