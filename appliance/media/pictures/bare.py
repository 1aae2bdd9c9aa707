"""A picture file without what it says besides its pixels, and those untouched.

Kept is what showing it right takes: colour profile, resolution, animation, and the turn that a
camera noted, alone.
"""

from __future__ import annotations

import io
import re

from PIL import Image

from appliance.core.errors import BrokenMedia
from appliance.media.chunks import (
    EXIF_HEAD,
    PNG_SIGNATURE,
    WEBP_EXIF,
    WEBP_XMP,
    jpeg_segment,
    jpeg_segments,
    jpeg_with,
    png_chunk,
    png_chunks,
    png_with,
    riff,
    riff_chunks,
    webp_with,
)
from appliance.media.pictures.exif import ORIENTATION, orientation

STRIPS = frozenset({"image/jpeg", "image/png", "image/webp"})
APP1 = 0xE1
_APP0, _APP2, _APP14, _APP15, _COMMENT = 0xE0, 0xE2, 0xEE, 0xEF, 0xFE
_ICC_HEAD = b"ICC_PROFILE\0"
_END_OF_IMAGE = b"\xff\xd9"
# A marker among coded pixels that is no stuffed zero, no restart and no fill byte.
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_PNG_KEPT = frozenset(
    b"tRNS gAMA cHRM sRGB iCCP sBIT bKGD hIST pHYs sPLT cICP mDCV cLLI acTL fcTL fdAT".split()
)
_WEBP_KEPT = frozenset((b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF", b"ICCP"))


def bare(data: bytes, mime: str) -> bytes:
    """The file without EXIF, XMP, IPTC, comments, texts, and whatever lies behind its end.

    `mime`: one of STRIPS, else ValueError. Raises BrokenMedia for a damaged file.
    """
    if mime not in STRIPS:
        raise ValueError(f"{mime} is none of {', '.join(sorted(STRIPS))}")
    turn = _turn(data)
    match mime:
        case "image/jpeg":
            return jpeg_with(bare_jpeg(data), jpeg_segment(APP1, EXIF_HEAD + turn) if turn else b"")
        case "image/png":
            return png_with(bare_png(data), png_chunk(b"eXIf", turn) if turn else b"")
        case _:
            return webp_with(bare_webp(data), {b"EXIF": turn} if turn else {})


def _turn(data: bytes) -> bytes:
    """EXIF data that say how the picture lies and nothing else; none where it is upright."""
    try:
        with Image.open(io.BytesIO(data), formats=["JPEG", "PNG", "WEBP"]) as image:
            how = orientation(image)
    except (OSError, SyntaxError, ValueError) as error:
        raise BrokenMedia("The picture cannot be opened: its header is damaged.") from error
    if how == 1:
        return b""
    exif = Image.Exif()
    exif[ORIENTATION] = how
    return exif.tobytes().removeprefix(EXIF_HEAD)


def bare_jpeg(data: bytes) -> bytes:
    """A JPEG file of what showing it takes, less its turn. Raises BrokenMedia."""
    parts, scan = [data[:2]], 2
    for marker, start, end in jpeg_segments(data):
        scan = end
        if _is_kept(marker, data[start + 4 : end]):
            parts.append(data[start:end])
    return b"".join(parts) + data[scan : _jpeg_end(data, scan)]


def _is_kept(marker: int, body: bytes) -> bool:
    if marker == _APP2:
        return body.startswith(_ICC_HEAD)
    # APP14 is Adobe's word on what the channels mean.
    return marker in (_APP0, _APP14) or not (_APP0 < marker <= _APP15 or marker == _COMMENT)


def _jpeg_end(data: bytes, at: int) -> int:
    """Where the picture ends; phones put films and previews behind it."""
    while found := _MARKER.search(data, at):
        at = found.start()
        if data[at : at + 2] == _END_OF_IMAGE:
            return at + 2
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return len(data)


def bare_png(data: bytes) -> bytes:
    """A PNG file of what showing it takes, less its turn. Raises BrokenMedia."""
    parts = [PNG_SIGNATURE]
    for kind, start, end in png_chunks(data):
        if kind[:1].isupper() or kind in _PNG_KEPT:
            parts.append(data[start:end])
        if kind == b"IEND":
            break
    if not any(part[4:8] == b"IDAT" for part in parts):
        raise BrokenMedia("The PNG file holds no pixels.")
    return b"".join(parts)


def bare_webp(data: bytes) -> bytes:
    """A WebP file of what showing it takes, less its turn. Raises BrokenMedia."""
    end = 8 + int.from_bytes(data[4:8], "little")
    chunks = [chunk for chunk in riff_chunks(data[:end]) if chunk[0] in _WEBP_KEPT]
    if not chunks:
        raise BrokenMedia("The WebP file is damaged.")
    kind, body = chunks[0]
    if kind == b"VP8X" and body:
        chunks[0] = (kind, bytes([body[0] & ~(WEBP_EXIF | WEBP_XMP)]) + body[1:])
    return riff(chunks)
