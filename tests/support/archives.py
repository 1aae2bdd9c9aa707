"""Archives as strangers send them, sound and hostile."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
from collections.abc import Mapping

import numpy as np
from PIL import Image

from tests.support.strangers import scene


def photo(number: int = 0, width: int = 48, height: int = 36) -> bytes:
    """A small JPEG; another number, other bytes."""
    pixels = scene(width, height)
    pixels[0, 0] = number % 256, number // 256, 7
    buffer = io.BytesIO()
    Image.fromarray(np.asarray(pixels)).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def zipped(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An archive of these files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def with_link(name: str, target: str) -> bytes:
    """An archive whose one entry is a symbolic link."""
    buffer = io.BytesIO()
    entry = zipfile.ZipInfo(name)
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(entry, target)
    return buffer.getvalue()


def encrypted(archive: bytes) -> bytes:
    """The same archive, saying of every file that it is encrypted."""
    data = bytearray(archive)
    for mark, flags_at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(mark)
        while at >= 0:
            data[at + flags_at] |= 1
            at = data.find(mark, at + 4)
    return bytes(data)


def overlapping(copies: int = 50) -> bytes:
    """An archive whose list names the same bytes over and over."""
    whole = zipped({"a.bin": b"\0" * 100_000}, zipfile.ZIP_STORED)
    end = whole.rfind(b"PK\x05\x06")
    at = struct.unpack_from("<I", whole, end + 16)[0]
    entries, body = whole[at:end], whole[:at]
    record = bytearray(whole[end:])
    struct.pack_into("<HHII", record, 8, copies, copies, len(entries) * copies, at)
    return body + entries * copies + bytes(record)


def torn(content: bytes) -> bytes:
    """A picture of which half is missing."""
    return content[: len(content) // 2]


def mixed(count: int, broken: int) -> dict[str, bytes]:
    """So many files, of which so many are broken, each in another way."""
    ways = (
        ("torn.jpg", torn(photo(1, 160, 120))),  # taken for a picture until it is decoded
        ("words.jpg", b"This is no picture."),
        ("inner.zip", zipped({"a.jpg": photo()})),
        ("empty.png", b""),
        ("torn-too.jpg", torn(photo(2, 160, 120))),
        ("page.pdf", b"%PDF-1.7\n"),
        ("../outside.jpg", photo(3)),
    )
    files = {f"summer/{number:03}.jpg": photo(number) for number in range(count - broken)}
    return files | dict(ways[:broken])
