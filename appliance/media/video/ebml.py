"""Length and size of WebM and Matroska files, told from their elements. Pure Python.

Source: RFC 8794 (EBML), RFC 9559 (Matroska).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from appliance.core.errors import BrokenMedia
from appliance.core.files import Facts
from appliance.media.skim import Skim, cut_off

_EBML, _SEGMENT, _INFO, _TRACKS, _CLUSTER = (
    *(0x1A45DFA3, 0x18538067, 0x1549A966, 0x1654AE6B, 0x1F43B675),
)
_SCALE, _DURATION = 0x2AD7B1, 0x4489
_TRACK, _TYPE, _VIDEO, _WIDTH, _HEIGHT = 0xAE, 0x83, 0xE0, 0xB0, 0xBA
_TIME, _SIMPLE, _GROUP, _BLOCK = 0xE7, 0xA3, 0xA0, 0xA1
_PICTURE, _SOUND = 1, 2
_TAIL = 4_000_000  # bytes at the end in which the last cluster begins


@dataclass(frozen=True)
class Element:
    """An element's content. `open`: its length is not known, so it goes to the end."""

    kind: int
    begin: int
    end: int
    open: bool


@dataclass
class _Seen:
    scale_ns: int = 1_000_000
    duration: float = 0.0
    types: tuple[int, ...] = ()
    size: tuple[int, int] = (0, 0)


def facts_of_elements(skim: Skim) -> Facts:
    """Size as coded, and seconds; 0 where nothing tells.

    Recordings of browsers have no duration: then it is the time of the last block. Raises
    BrokenMedia for a file shorter than it says, and for one without sound and picture.
    """
    segment = next((each for each in _elements(skim, 0, skim.size) if each.kind == _SEGMENT), None)
    if segment is None:
        raise cut_off("nothing follows its first bytes")
    if segment.end > skim.size:
        raise cut_off(f"{segment.end} bytes are announced, {skim.size} came")
    seen = _Seen()
    for element in _elements(skim, segment.begin, segment.end):
        if element.kind == _INFO:
            _read_info(skim, element, seen)
        elif element.kind == _TRACKS:
            _read_tracks(skim, element, seen)
        elif element.kind == _CLUSTER:
            break
    if not {_PICTURE, _SOUND} & set(seen.types):
        raise BrokenMedia("The file holds neither sound nor video.")
    ticks = seen.duration or _last_time(skim)
    return Facts(*seen.size, max(0.0, ticks * seen.scale_ns / 1e9))


def _elements(skim: Skim, start: int, end: int) -> Iterator[Element]:
    at = start
    while at + 2 <= min(end, skim.size):
        head = skim.at(at, 12)
        name, used = _number(head, keep=True)
        length, more = _number(head[used:])
        if not used or not more:
            return
        begin = at + used + more
        unknown = length == (1 << (7 * more)) - 1
        yield Element(name, begin, end if unknown else begin + length, unknown)
        if unknown:
            return
        at = begin + length


def _number(data: bytes, *, keep: bool = False) -> tuple[int, int]:
    """(value, bytes used) of a number of variable length; names keep their marker bit."""
    if not data or not data[0]:
        return 0, 0
    used = 9 - data[0].bit_length()
    value = int.from_bytes(data[:used], "big")
    return value if keep else value & ((1 << (7 * used)) - 1), used


def _whole(skim: Skim, element: Element) -> int:
    return skim.number(element.begin, min(8, element.end - element.begin))


def _read_info(skim: Skim, info: Element, seen: _Seen) -> None:
    for each in _elements(skim, info.begin, info.end):
        if each.kind == _SCALE:
            seen.scale_ns = _whole(skim, each)
        elif each.kind == _DURATION:
            data = skim.at(each.begin, min(8, each.end - each.begin))
            form = {4: ">f", 8: ">d"}.get(len(data))
            told = struct.unpack(form, data)[0] if form else 0.0
            seen.duration = told if 0 < told < 1e15 else 0.0  # not a number is neither


def _read_tracks(skim: Skim, tracks: Element, seen: _Seen) -> None:
    for track in _elements(skim, tracks.begin, tracks.end):
        if track.kind != _TRACK:
            continue
        for each in _elements(skim, track.begin, track.end):
            if each.kind == _TYPE:
                seen.types += (_whole(skim, each),)
            elif each.kind == _VIDEO and seen.size == (0, 0):
                found = {
                    inner.kind: _whole(skim, inner)
                    for inner in _elements(skim, each.begin, each.end)
                }
                seen.size = found.get(_WIDTH, 0), found.get(_HEIGHT, 0)


def _last_time(skim: Skim) -> int:
    """When the last block near the end of the file is shown, in the file's ticks."""
    tail_at = max(0, skim.size - _TAIL)
    tail = skim.at(tail_at, _TAIL)
    at = tail.rfind(_CLUSTER.to_bytes(4, "big"))
    if at < 0:
        return 0
    cluster = next(_elements(skim, tail_at + at, skim.size))
    begun, latest = 0, 0
    for each in _elements(skim, cluster.begin, min(cluster.end, skim.size)):
        if each.kind == _TIME:
            begun = _whole(skim, each)
        for block in _blocks(skim, each):
            _, used = _number(skim.at(block.begin, 8))
            latest = max(latest, skim.number(block.begin + used, 2))
    return begun + latest


def _blocks(skim: Skim, element: Element) -> Iterator[Element]:
    if element.kind == _SIMPLE:
        yield element
    elif element.kind == _GROUP:
        inner = _elements(skim, element.begin, element.end)
        yield from (each for each in inner if each.kind == _BLOCK)
