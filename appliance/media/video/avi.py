"""Length and size of AVI files, told from their headers. Pure Python.

Source: Microsoft, "AVI RIFF File Reference".
"""

from __future__ import annotations

import struct

from appliance.core.errors import BrokenMedia
from appliance.core.files import Facts
from appliance.media.skim import Skim, cut_off


def facts_of_avi(skim: Skim) -> Facts:
    """Size and seconds. Raises BrokenMedia for a file shorter than it says or without headers."""
    chunks = [*skim.riff(12, skim.size)]
    headers = [chunk for chunk in chunks if chunk[0] == b"LIST"]
    if not headers or skim.at(headers[0][1], 4) != b"hdrl":
        raise BrokenMedia("The file begins like an AVI film, but its header is damaged.")
    if chunks[-1][2] > skim.size:
        raise cut_off(f"{chunks[-1][2]} bytes are announced, {skim.size} came")
    width = height = 0
    seconds = 0.0
    for name, begin, end in skim.riff(headers[0][1] + 4, headers[0][2]):
        if name == b"avih":
            head = skim.at(begin, 40).ljust(40, b"\0")
            frame_us, frames = struct.unpack("<I12xI", head[:20])
            width, height = struct.unpack("<II", head[32:40])
            seconds = max(seconds, frame_us * frames / 1e6)
        elif name == b"LIST":
            seconds = max(seconds, _stream_seconds(skim, begin, end))
    return Facts(width, height, seconds)


def _stream_seconds(skim: Skim, begin: int, end: int) -> float:
    for name, at, _ in skim.riff(begin + 4, end):
        if name == b"strh":
            head = skim.at(at, 36).ljust(36, b"\0")
            scale, rate, _start, length = struct.unpack("<IIII", head[20:36])
            return float(length * scale / rate) if rate else 0.0
    return 0.0
