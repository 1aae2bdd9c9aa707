"""How long a sound file is, told from its header or its ends. Pure Python.

Source: RFC 9639 (FLAC), RFC 3533 and 7845 (Ogg, Opus), the WAVE and MPEG audio frame formats.
"""

from __future__ import annotations

from appliance.core.errors import BrokenMedia
from appliance.media.skim import Skim, cut_off

_OPEN_ENDED = (0, 0xFFFFFFFF)  # a writer into a pipe cannot go back and say how much it was
_OGG_TAIL = 131_072  # the last page begins within 64 KB of the end
_OPUS_RATE = 48_000


def wav_seconds(skim: Skim) -> float:
    """Seconds of a WAVE file. Raises BrokenMedia if it is cut off or has no format."""
    rate = 0
    for name, begin, end in skim.riff(12, skim.size):
        if name == b"fmt ":
            rate = skim.number(begin + 8, 4, little=True)
        elif name == b"data":
            if end > skim.size and end - begin not in _OPEN_ENDED:
                raise cut_off(f"{end} bytes are announced, {skim.size} came")
            length = skim.size - begin if end - begin in _OPEN_ENDED else end - begin
            if rate:
                return length / rate
    raise BrokenMedia("The file begins like a WAV recording, but holds no sound.")


def flac_seconds(skim: Skim) -> float:
    """Seconds of a FLAC file, 0 where its header does not say. Raises BrokenMedia."""
    head = skim.at(0, 42)
    rate = int.from_bytes(head[18:21], "big") >> 4
    if len(head) < 42 or head[4] & 0x7F or not rate:
        raise BrokenMedia("The file begins like a FLAC recording, but its header is damaged.")
    return (int.from_bytes(head[21:26], "big") & 0xFFFFFFFFF) / rate


def ogg_seconds(skim: Skim) -> float:
    """Seconds of an Ogg file with Opus, Vorbis or FLAC. Raises BrokenMedia for anything else."""
    head = skim.at(0, 128)
    count = head[26] if len(head) > 26 else 0
    first = head[27 + count :]
    rate, skipped = _ogg_rate(first)
    tail = skim.at(max(0, skim.size - _OGG_TAIL), _OGG_TAIL)
    at, serial = len(tail), head[14:18]
    while (at := tail.rfind(b"OggS", 0, at)) >= 0:
        time = int.from_bytes(tail[at + 6 : at + 14], "little", signed=True)
        if tail[at + 14 : at + 18] == serial and time >= 0:  # -1: no packet ends on this page
            return max(0, time - skipped) / rate
    return 0.0


def _ogg_rate(first: bytes) -> tuple[int, int]:
    """(samples a second, samples skipped at the beginning) of the first packet."""
    if first.startswith(b"OpusHead"):
        return _OPUS_RATE, int.from_bytes(first[10:12], "little")
    if first.startswith(b"\1vorbis") and (rate := int.from_bytes(first[12:16], "little")):
        return rate, 0
    if first.startswith(b"\x7fFLAC") and (rate := int.from_bytes(first[27:30], "big") >> 4):
        return rate, 0
    raise BrokenMedia(
        "This Ogg file holds no Opus, Vorbis or FLAC sound, or its header is damaged."
    )
