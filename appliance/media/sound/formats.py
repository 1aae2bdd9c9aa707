"""Which sound formats the box writes, as a plain table: no library is loaded for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from appliance.core.files import Upload

_COMMON = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
_HIGH = (*_COMMON, 88_200, 96_000)


@dataclass(frozen=True)
class SoundFormat:
    """What a format can do. `kbps`: its usual bit rate for two channels, 0 if it loses nothing;
    `least` and `most`: the bit rates of one channel and of all. `rates`: samples a second.
    """

    mime: str
    ending: str
    muxer: str
    encoder: str
    kbps: int = 0
    least: int = 16
    most: int = 320
    channels: int = 6
    rates: tuple[int, ...] = _HIGH


SOUND_WRITES: Mapping[str, SoundFormat] = MappingProxyType(
    {
        "mp3": SoundFormat(
            "audio/mpeg", "mp3", "mp3", "libmp3lame", kbps=192, channels=2, rates=_COMMON
        ),
        "m4a": SoundFormat("audio/mp4", "m4a", "ipod", "aac", kbps=192, most=512),
        "ogg": SoundFormat(
            *("audio/ogg", "ogg", "ogg", "libvorbis"), kbps=160, least=32, most=480, rates=_COMMON
        ),
        "opus": SoundFormat(
            *("audio/ogg", "opus", "opus", "libopus"),
            kbps=128,
            most=510,
            rates=(8_000, 12_000, 16_000, 24_000, 48_000),
        ),
        "flac": SoundFormat("audio/flac", "flac", "flac", "flac", channels=8),
        "wav": SoundFormat("audio/wav", "wav", "wav", "pcm_s16le", channels=8),
    }
)
_OWN = {"audio/mpeg": "mp3", "audio/flac": "flac", "audio/wav": "wav"}
_OGG_HEAD = 64  # bytes in which the first packet begins


def own_format(upload: Upload) -> str:
    """The format a file stays in where none is asked for; the sound of a film becomes M4A."""
    if upload.mime == "audio/ogg":
        with upload.path.open("rb") as file:
            return "opus" if b"OpusHead" in file.read(_OGG_HEAD) else "ogg"
    return _OWN.get(upload.mime, "m4a")
