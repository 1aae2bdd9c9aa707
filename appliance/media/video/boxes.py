"""Length and size of MP4, MOV and M4A files, told from their boxes. Pure Python.

Source: ISO/IEC 14496-12; QuickTime file format.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from appliance.core.errors import BrokenMedia
from appliance.core.files import Facts
from appliance.media.skim import Skim, cut_off

_FRAGMENT = 2_000_000  # bytes of one moof that are looked at
_UNKNOWN = (0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF)


@dataclass(frozen=True)
class Box:
    """A box's content, from `begin` to `end` in the file."""

    kind: bytes
    begin: int
    end: int


@dataclass(frozen=True)
class _Track:
    number: int
    handler: bytes
    size: tuple[int, int]
    length: int  # in the film's units
    scale: int
    own_length: int  # in the track's units


def facts_of_boxes(skim: Skim) -> Facts:
    """Size as shown before any turn, and seconds; 0 where there is none.

    Raises BrokenMedia without an index, for a file shorter than its boxes say, and for one that
    has neither sound nor picture.
    """
    whole = [*_boxes(skim, 0, skim.size)]
    index = next((box for box in whole if box.kind == b"moov"), None)
    if index is None:
        raise cut_off("its index (moov) is missing")
    if whole[-1].end > skim.size:
        raise cut_off(f"{whole[-1].end} bytes are announced, {skim.size} came")
    scale, length, tracks = _read_index(skim, index)
    if not tracks:
        raise BrokenMedia("The file holds neither sound nor video.")
    seconds = max([length, *(track.length for track in tracks)]) / scale if scale else 0.0
    if not seconds:
        seconds = max(track.own_length / track.scale for track in tracks if track.scale)
    if not seconds:
        seconds = _fragments(skim, whole, {track.number: track.scale for track in tracks})
    width, height = next((track.size for track in tracks if track.handler == b"vide"), (0, 0))
    return Facts(width, height, seconds)


def _boxes(skim: Skim, start: int, end: int) -> Iterator[Box]:
    at = start
    while at + 8 <= min(end, skim.size):
        head = skim.at(at, 16)
        length, kind, begin = int.from_bytes(head[:4], "big"), head[4:8], at + 8
        if length == 1:
            length, begin = int.from_bytes(head[8:16], "big"), at + 16
        stop = end if length == 0 else at + length
        if stop < begin or (at > 0 and not kind.strip(b"\0 \xa9").isalnum()):
            return  # what follows the last box is not ours to judge
        yield Box(kind, begin, stop)
        at = stop


def _inside(skim: Skim, box: Box, kind: bytes) -> Iterator[Box]:
    for each in _boxes(skim, box.begin, box.end):
        if each.kind == kind:
            yield each


def _read_index(skim: Skim, index: Box) -> tuple[int, int, list[_Track]]:
    scale = length = 0
    for box in _inside(skim, index, b"mvhd"):
        scale, length = _timing(skim, box)
    tracks = [_track(skim, box) for box in _inside(skim, index, b"trak")]
    return scale, length, [track for track in tracks if track.handler in (b"vide", b"soun")]


def _timing(skim: Skim, box: Box) -> tuple[int, int]:
    """(units a second, length) of an mvhd or mdhd."""
    head = skim.at(box.begin, 32).ljust(32, b"\0")
    if head[0] == 1:
        scale, length = struct.unpack(">IQ", head[20:32])
    else:
        scale, length = struct.unpack(">II", head[12:20])
    return int(scale), 0 if length in _UNKNOWN else int(length)


def _track(skim: Skim, box: Box) -> _Track:
    number = length = scale = own = 0
    size, handler = (0, 0), b""
    for head in _inside(skim, box, b"tkhd"):
        number, length, size = _track_header(skim.at(head.begin, 96).ljust(96, b"\0"))
    for media in _inside(skim, box, b"mdia"):
        for timing in _inside(skim, media, b"mdhd"):
            scale, own = _timing(skim, timing)
        for handled in _inside(skim, media, b"hdlr"):
            handler = skim.at(handled.begin + 8, 4)
    return _Track(number, handler, size, length, scale, own)


def _track_header(head: bytes) -> tuple[int, int, tuple[int, int]]:
    if head[0] == 1:
        number, _, length = struct.unpack(">IIQ", head[20:36])
        width, height = struct.unpack(">II", head[88:96])
    else:
        number, _, length = struct.unpack(">III", head[12:24])
        width, height = struct.unpack(">II", head[76:84])
    return number, 0 if length in _UNKNOWN else length, (width >> 16, height >> 16)


def _fragments(skim: Skim, whole: list[Box], scales: dict[int, int]) -> float:
    """Seconds of a film written in fragments: where the last of each track's ends."""
    ends = [0.0]
    for box in whole:
        if box.kind == b"moof" and box.end - box.begin <= _FRAGMENT:
            for part in _inside(skim, box, b"traf"):
                ends.append(_fragment_end(skim, part, scales))
    return max(ends)


def _fragment_end(skim: Skim, part: Box, scales: dict[int, int]) -> float:
    number = usual = begun = lasted = 0
    for box in _boxes(skim, part.begin, part.end):
        if box.kind == b"tfhd":
            number, usual = _fragment_header(skim.at(box.begin, 28).ljust(28, b"\0"))
        elif box.kind == b"tfdt":
            wide = 8 if skim.at(box.begin, 1) == b"\1" else 4
            begun = skim.number(box.begin + 4, wide)
        elif box.kind == b"trun":
            lasted += _run_length(skim.at(box.begin, box.end - box.begin), usual)
    return (begun + lasted) / scales[number] if scales.get(number) else 0.0


def _fragment_header(head: bytes) -> tuple[int, int]:
    """(track, usual duration of a sample) of a tfhd."""
    flags = int.from_bytes(head[1:4], "big")
    at = 8 + (8 if flags & 0x1 else 0) + (4 if flags & 0x2 else 0)
    usual = int.from_bytes(head[at : at + 4], "big") if flags & 0x8 else 0
    return int.from_bytes(head[4:8], "big"), usual


def _run_length(data: bytes, usual: int) -> int:
    """Length of a trun: its samples' own durations, or so many usual ones."""
    flags, count = int.from_bytes(data[1:4], "big"), int.from_bytes(data[4:8], "big")
    if not flags & 0x100:
        return count * usual
    at = 8 + (4 if flags & 0x1 else 0) + (4 if flags & 0x4 else 0)
    each = 4 * ((flags >> 8) & 0xF).bit_count()
    rows = range(at, min(len(data), at + count * each) - 3, each)
    return sum(int.from_bytes(data[row : row + 4], "big") for row in rows)
