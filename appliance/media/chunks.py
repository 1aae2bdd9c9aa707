"""The parts that picture files are made of, taken apart and put together again. Pure Python."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Mapping

from appliance.core.errors import BrokenMedia

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
EXIF_HEAD = b"Exif\0\0"
WEBP_ALPHA, WEBP_EXIF, WEBP_XMP = 0x10, 0x08, 0x04  # flags of the extended form
_APP0 = 0xE0
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


def png_with(data: bytes, added: bytes) -> bytes:
    """A PNG file with the chunks `added` before its pixels. Raises BrokenMedia."""
    for kind, start, _end in png_chunks(data):
        if kind == b"IDAT":
            return data[:start] + added + data[start:]
    raise BrokenMedia("The PNG file holds no pixels.")


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


def jpeg_with(data: bytes, added: bytes) -> bytes:
    """A JPEG file with the segments `added` behind its JFIF and EXIF ones, which must stay first.

    Raises BrokenMedia.
    """
    after = 2
    for marker, start, end in jpeg_segments(data):
        if marker == _APP0 or data[start + 4 : start + 10] == EXIF_HEAD:
            after = end
    return data[:after] + added + data[after:]


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


def webp_with(data: bytes, added: Mapping[bytes, bytes]) -> bytes:
    """A WebP file with EXIF or XMP chunks in place of those of its own. Raises BrokenMedia."""
    chunks = [chunk for chunk in riff_chunks(data) if chunk[0] not in added]
    if not chunks:
        raise BrokenMedia("The WebP file is damaged.")
    if not added:
        return data
    if chunks[0][0] != b"VP8X":
        chunks.insert(0, (b"VP8X", _extended(*chunks[0])))
    flags = chunks[0][1]
    more = (WEBP_EXIF if b"EXIF" in added else 0) | (WEBP_XMP if b"XMP " in added else 0)
    chunks[0] = (b"VP8X", bytes([flags[0] | more]) + flags[1:])
    return riff([*chunks, *added.items()])


def _extended(kind: bytes, body: bytes) -> bytes:
    """The VP8X header that says what the simple form leaves to the one chunk it has."""
    if kind == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        width, height, alpha = bits & 0x3FFF, bits >> 14 & 0x3FFF, bits >> 28 & 1
    elif kind == b"VP8 ":
        width, height = ((side & 0x3FFF) - 1 for side in struct.unpack_from("<HH", body, 6))
        alpha = 0
    else:
        raise BrokenMedia("The WebP file is damaged.")
    sides = width.to_bytes(3, "little") + height.to_bytes(3, "little")
    return bytes([WEBP_ALPHA if alpha else 0, 0, 0, 0]) + sides


def webp_with_alpha(data: bytes) -> bytes:
    """A WebP file in extended form (as animations are), with the flag that it has transparency."""
    if data[12:16] != b"VP8X":
        raise BrokenMedia("The WebP file is not in the extended form.")
    return data[:20] + bytes([data[20] | WEBP_ALPHA]) + data[21:]
