"""How long an MP3 file is. Pure Python.

A Xing, Info or VBRI header tells the number of frames; without one they are counted.
Source: ISO/IEC 11172-3, 13818-3.
"""

from __future__ import annotations

from dataclasses import dataclass

from appliance.core.errors import BrokenMedia
from appliance.media.skim import Skim

_KBPS_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_KBPS_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_LAYER_III = 1
_SEARCHED = 65_536  # bytes after the tags in which the first frame begins
_WALKED = 400_000  # frames: close to three hours
_BLOCK = 65_536
_TAG_END = 128


@dataclass(frozen=True)
class Frame:
    """One frame's header: bytes of the frame, samples in it, samples a second."""

    size: int
    samples: int
    rate: int
    mono: bool


def mp3_seconds(skim: Skim) -> float:
    """Seconds of an MP3 file. Raises BrokenMedia where no frame is found."""
    at = _after_tags(skim)
    at, frame = _first(skim, at)
    count: float = _told(skim, at, frame) or _walked(skim, at)
    return count * frame.samples / frame.rate


def _after_tags(skim: Skim) -> int:
    at = 0
    while (head := skim.at(at, 10))[:3] == b"ID3" and len(head) == 10:
        size = 0
        for byte in head[6:10]:
            size = size << 7 | byte & 0x7F
        at += 10 + size + (10 if head[5] & 0x10 else 0)
    return at


def _frame(head: bytes) -> Frame | None:
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    bits, rate = head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or layer != _LAYER_III or bits in (0, 15) or rate == 3:
        return None
    samples = 1152 if version == 3 else 576
    kbps, hertz = (_KBPS_1 if version == 3 else _KBPS_2)[bits], _RATES[version][rate]
    size = samples // 8 * kbps * 1000 // hertz + (head[2] >> 1 & 1)
    return Frame(size, samples, hertz, head[3] >> 6 == 3)


def _first(skim: Skim, begin: int) -> tuple[int, Frame]:
    head = skim.at(begin, _SEARCHED)
    at = -1
    while (at := head.find(b"\xff", at + 1)) >= 0:
        frame = _frame(head[at : at + 4])
        # Two in a row: what looks like one frame stands anywhere by chance.
        if frame and (
            begin + at + frame.size >= skim.size or _frame(skim.at(begin + at + frame.size, 4))
        ):
            return begin + at, frame
    raise BrokenMedia("The file begins like an MP3 recording, but holds no sound.")


def _told(skim: Skim, at: int, frame: Frame) -> int:
    """The number of frames as an encoder wrote it into the first one; 0 without."""
    side = (17 if frame.mono else 32) if frame.samples == 1152 else (9 if frame.mono else 17)
    head = skim.at(at + 4 + side, 12)
    if head[:4] in (b"Xing", b"Info") and len(head) == 12 and head[7] & 1:
        return int.from_bytes(head[8:12], "big")
    head = skim.at(at + 36, 18)
    return int.from_bytes(head[14:18], "big") if head[:4] == b"VBRI" else 0


def _walked(skim: Skim, begin: int) -> float:
    """The number of frames: counted, or of a very long file taken to go on as it began."""
    end = skim.size - (_TAG_END if skim.at(skim.size - _TAG_END, 3) == b"TAG" else 0)
    at, count, block, block_at = begin, 0, b"", begin
    while count < _WALKED and at < end:
        if at + 4 > block_at + len(block):
            block, block_at = skim.at(at, _BLOCK), at
        frame = _frame(block[at - block_at : at - block_at + 4])
        if frame is None:  # where the sound ends
            return count
        at, count = at + frame.size, count + 1
    return count if count < _WALKED else count * (end - begin) / (at - begin)
