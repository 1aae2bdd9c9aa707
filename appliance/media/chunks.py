"""The parts that picture files are made of, taken apart and put together again. Pure Python."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from appliance.core.errors import BrokenMedia

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
WEBP_ALPHA, WEBP_XMP = 0x10, 0x04  # flags of the extended form
_START_OF_SCAN = 0xDA
_STANDALONE = {0x01, *range(0xD0, 0xD9)}


def png_chunk(kind: bytes, body: bytes) -> bytes:
    """One PNG chunk: length, kind, body, checksum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """(kind, start, end) of each chunk of a PNG file. Raises BrokenMedia if it is cut short."""
    at = len(PNG_SIGNATURE)
    while at < len(data):
        length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        end = at + 12 + length
        if end > len(data):
            raise BrokenMedia("The PNG file is cut short.")
        yield kind, at, end
        at = end


def jpeg_segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """(marker, start, end) of each segment before a JPEG's pixels. Raises BrokenMedia."""
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            break
        marker = data[at + 1]
        if marker == _START_OF_SCAN:
            return
        (length,) = struct.unpack_from(">H", data, at + 2)
        end = at + 2 if marker in _STANDALONE else at + 2 + length
        yield marker, at, end
        at = end
    raise BrokenMedia("The JPEG file is cut short or damaged.")


def jpeg_segment(marker: int, body: bytes) -> bytes:
    """One JPEG segment. Raises ValueError above 65,533 bytes: the length field holds no more."""
    if len(body) > 65533:
        raise ValueError(f"a JPEG segment holds 65533 bytes, not {len(body)}")
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def riff_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """(kind, body) of each chunk of a WebP file. Raises BrokenMedia if it is cut short."""
    at = 12
    while at + 8 <= len(data):
        kind, length = struct.unpack_from("<4sI", data, at)
        body = data[at + 8 : at + 8 + length]
        if len(body) < length:
            raise BrokenMedia("The WebP file is cut short.")
        yield kind, body
        at += 8 + length + length % 2


def riff(chunks: list[tuple[bytes, bytes]]) -> bytes:
    """A WebP file of `chunks`."""
    body = b"".join(
        struct.pack("<4sI", kind, len(part)) + part + b"\0" * (len(part) % 2)
        for kind, part in chunks
    )
    return struct.pack("<4sI4s", b"RIFF", len(body) + 4, b"WEBP") + body


def webp_with_alpha(data: bytes) -> bytes:
    """A WebP file in extended form (as animations are), with the flag that it has transparency."""
    if data[12:16] != b"VP8X":
        raise BrokenMedia("The WebP file is not in the extended form.")
    return data[:20] + bytes([data[20] | WEBP_ALPHA]) + data[21:]
