"""What a file is, how large and how long, told from its headers. Pure Python: the web uses it.

Names and declared types are never believed. Of a picture at most 256 KiB are read however long the
file is; sound and video are skimmed for where their headers lead.
Source: signatures from `filetype`, made stricter where two or three bytes would do for it; sizes
from `imagesize`.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import filetype
import imagesize

from appliance.core.errors import BrokenMedia, UnsupportedMedia
from appliance.core.files import Facts, Kind
from appliance.media.formats import READ_WORDS, READS, SVG
from appliance.media.skim import Skim
from appliance.media.sound.lengths import flac_seconds, ogg_seconds, wav_seconds
from appliance.media.sound.mp3 import mp3_seconds
from appliance.media.svg import svg_size
from appliance.media.video.avi import facts_of_avi
from appliance.media.video.boxes import facts_of_boxes
from appliance.media.video.ebml import facts_of_elements

_HEAD = 8192
_SVG_HEAD = 65536
_BUDGET = 262_144
_READS = 20_000

# Brands of an ISO base media file (its `ftyp` box), those that decide first.
_BRANDS: tuple[tuple[str, frozenset[bytes]], ...] = (
    ("image/avif", frozenset({b"avif", b"avis"})),
    ("image/heic", frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"})),
    ("image/heif", frozenset({b"mif1", b"msf1"})),
    ("audio/mp4", frozenset({b"M4A ", b"M4B "})),
    ("video/quicktime", frozenset({b"qt  "})),
    (
        "video/mp4",
        frozenset({b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1"}),
    ),
)
_SAME = {"image/apng": "image/png", "audio/x-wav": "audio/wav", "audio/x-flac": "audio/flac"}
_FIXED_HEADER = frozenset({"image/png", "image/gif", "image/webp"})
_FILMS: Mapping[str, Callable[[Skim], Facts]] = MappingProxyType(
    {
        "video/mp4": facts_of_boxes,
        "video/quicktime": facts_of_boxes,
        "audio/mp4": facts_of_boxes,
        "video/webm": facts_of_elements,
        "video/x-matroska": facts_of_elements,
        "video/x-msvideo": facts_of_avi,
    }
)
_SOUNDS: Mapping[str, Callable[[Skim], float]] = MappingProxyType(
    {
        "audio/wav": wav_seconds,
        "audio/mpeg": mp3_seconds,
        "audio/flac": flac_seconds,
        "audio/ogg": ogg_seconds,
    }
)


@dataclass(frozen=True)
class Sniffed:
    """What the content is."""

    mime: str
    kind: Kind


def sniff(path: Path) -> Sniffed:
    """What the file is, by its content. Raises UnsupportedMedia; BrokenMedia for a damaged SVG."""
    with path.open("rb") as file:
        head = file.read(_SVG_HEAD)
    mime = _mime(head)
    if mime not in READS:
        what = "is empty" if not head else "is of no kind that is read here"
        raise UnsupportedMedia(f"The file {what}. Read are {READ_WORDS}.")
    return Sniffed(mime, READS[mime])


def _mime(head: bytes) -> str:
    if head[4:8] == b"ftyp":
        return _iso_mime(head)
    if _looks_like_svg(head):
        svg_size(head)
        return SVG
    found = filetype.guess_mime(bytearray(head[:_HEAD])) or ""
    mime = _SAME.get(found, found)
    return mime if _confirmed(mime, head) else ""


def _iso_mime(head: bytes) -> str:
    length = int.from_bytes(head[:4], "big")
    if not 16 <= length <= _HEAD:
        return ""
    ours = head[8:12]
    others = {head[at : at + 4] for at in range(16, min(length, len(head)) - 3, 4)}
    for mime, brands in _BRANDS:  # the major brand is the writer's own word; `mif1` says little
        if ours in brands and ours not in (b"mif1", b"msf1"):
            return mime
    return next((mime for mime, brands in _BRANDS if (others | {ours}) & brands), "")


def _looks_like_svg(head: bytes) -> bool:
    for mark in (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"):
        head = head.removeprefix(mark)
    text = head.replace(b"\0", b"").lstrip()  # UTF-16 reads well enough without its zeros
    return text[:1] == b"<" and b"svg" in text


def _confirmed(mime: str, head: bytes) -> bool:
    match mime:
        case "image/png":
            return head.startswith(b"\x89PNG\r\n\x1a\n")
        case "image/gif":
            return head.startswith((b"GIF87a", b"GIF89a"))
        case "image/webp":
            return head[12:16] in (b"VP8 ", b"VP8L", b"VP8X")
        case "image/bmp":
            # The second header's length is one of a few; text beginning with BM has letters there.
            return int.from_bytes(head[14:18], "little") in (12, 16, 40, 52, 56, 64, 108, 124)
        case "image/x-icon":
            return 0 < int.from_bytes(head[4:6], "little") <= 256 and head[9:10] == b"\0"
    return True


def probe(path: Path, mime: str) -> Facts:
    """Width, height and seconds as the header tells them, before any turn; 0 where it does not.

    `mime`: what `sniff` told. Raises BrokenMedia where a header that must be there is not, and for
    sound and video that are shorter in bytes than they say.
    """
    if mime in _FILMS or mime in _SOUNDS:
        return _length(path, mime)
    if READS.get(mime) is not Kind.IMAGE:
        return Facts()
    with path.open("rb") as file:
        width, height = _size(file, mime)
    if mime in _FIXED_HEADER and not (width and height):
        kind = mime.removeprefix("image/").upper()
        raise BrokenMedia(f"The file begins like a {kind} picture, but its header is damaged.")
    return Facts(width_px=width, height_px=height)


def _length(path: Path, mime: str) -> Facts:
    with path.open("rb") as file:
        skim = Skim(file)
        facts = _FILMS[mime](skim) if mime in _FILMS else Facts(seconds=_SOUNDS[mime](skim))
    # A cover in a sound file is no picture of it.
    return Facts(seconds=facts.seconds) if READS[mime] is Kind.AUDIO else facts


class _Bounded:
    """A file of which little is read, however its header leads on."""

    def __init__(self, file: io.BufferedReader) -> None:
        self._file = file
        self._left, self._reads = _BUDGET, _READS

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes. Raises ValueError once the budget is spent."""
        self._reads -= 1
        if self._reads < 0 or self._left <= 0:
            raise ValueError("too much to read for a header")
        wanted = self._left if size < 0 else min(size, self._left)
        data = self._file.read(wanted)
        self._left -= len(data)
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to `offset`."""
        return self._file.seek(offset, whence)


def _size(file: io.BufferedReader, mime: str) -> tuple[int, int]:
    if mime == SVG:
        size = svg_size(file.read(_SVG_HEAD)) or (0, 0)
        return round(size[0]), round(size[1])
    if mime == "image/x-icon":
        return _icon_size(file.read(6 + 16 * 256))
    if mime == "image/bmp" and file.read(18)[14:] == b"\x0c\0\0\0":
        return _pair(struct.unpack("<HH", file.read(4).ljust(4, b"\0")))
    head = file.read(16)
    try:
        width, height = imagesize.get(_Bounded(file), exif_rotation=False)
    except (ValueError, IndexError, KeyError, OverflowError, OSError, struct.error):
        return 0, 0
    if (width, height) == (-1, -1):
        return 0, 0
    if mime == "image/gif":  # imagesize reads it as signed
        return _pair((width & 0xFFFF, height & 0xFFFF))
    if head[12:16] == b"VP8 ":  # the upper two bits are a hint for display
        return _pair((width & 0x3FFF, height & 0x3FFF))
    return _pair((width, height))


def _pair(size: tuple[int, int]) -> tuple[int, int]:
    width, height = size
    return (int(width), int(height)) if width > 0 and height > 0 else (0, 0)


def _icon_size(head: bytes) -> tuple[int, int]:
    entries = range(6, min(len(head), 6 + 16 * int.from_bytes(head[4:6], "little")) - 15, 16)
    sizes = [(head[at] or 256, head[at + 1] or 256) for at in entries]
    return max(sizes, default=(0, 0))
