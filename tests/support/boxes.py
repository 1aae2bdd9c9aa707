"""MP4 files box by box, without a library: small, and able to lie."""

from __future__ import annotations

import struct
from pathlib import Path

from appliance.core.files import Facts
from appliance.media.skim import Skim

START = b"ftypisom\0\0\2\0isomiso2avc1mp41"


def box(kind: bytes, *contents: bytes) -> bytes:
    """A box with its length."""
    content = b"".join(contents)
    return struct.pack(">I", 8 + len(content)) + kind + content


def header(scale: int, length: int) -> bytes:
    """The content of an mvhd or mdhd."""
    return struct.pack(">12xII", scale, length).ljust(100, b"\0")


def track(
    handler: bytes, length: int, size: tuple[int, int] = (0, 0), *, scale: int = 1000, own: int = 0
) -> bytes:
    """A trak: `length` in the film's thousandths, `own` in its own units."""
    head = struct.pack(">12xIII", 1, 0, length).ljust(76, b"\0")
    sides = struct.pack(">II", size[0] << 16, size[1] << 16)
    media = box(b"mdia", box(b"mdhd", header(scale, own)), box(b"hdlr", bytes(8) + handler))
    return box(b"trak", box(b"tkhd", head + sides), media)


def movie(
    length: int = 2000, size: tuple[int, int] = (64, 48), *, content: bytes = b"", more: bytes = b""
) -> bytes:
    """An MP4 of `length` thousandths of a second, whose pictures are `content`."""
    index = box(b"moov", box(b"mvhd", header(1000, length)), track(b"vide", length, size), more)
    return box(START[:4], START[4:]) + index + box(b"mdat", content)


def facts_of(path: Path, content: bytes, read: object) -> Facts | float:
    """What a reader of headers tells of these bytes."""
    path.write_bytes(content)
    with path.open("rb") as file:
        told: Facts | float = read(Skim(file))  # type: ignore[operator]  # one of the readers
        return told
