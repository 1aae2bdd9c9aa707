"""How a sound track is written: encoder, rate, channels, bits, as ffmpeg arguments. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from appliance.core.errors import InvalidInput
from appliance.media.ffmpeg.footage import SoundTrack
from appliance.media.sound.formats import SOUND_WRITES, SoundFormat

_LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1"}
_KEPT = (
    *("title", "artist", "album", "album_artist", "composer", "genre", "track", "disc"),
    "copyright",
)
_TAG = 500  # characters


@dataclass(frozen=True)
class SoundWish:
    """What sound should become. `kbps` and `rate`: None for the usual."""

    format: str
    kbps: int | None = None
    rate: int | None = None

    @property
    def written(self) -> SoundFormat:
        """Its format."""
        return SOUND_WRITES[self.format]


def check_wish(wish: SoundWish, track: SoundTrack) -> None:
    """Raise InvalidInput for a sample rate or a bit rate that the format does not have."""
    written, name = wish.written, wish.format.upper()
    if wish.rate and wish.rate not in written.rates:
        listed = ", ".join(map(str, written.rates))
        raise InvalidInput(f"{name} has sample rates of {listed} Hz.", field="sample_rate")
    low = written.least * channels_of(wish, track)
    # MPEG 1 has twice the bit rates of MPEG 2, which is for sample rates up to 24 kHz.
    most = 160 if wish.format == "mp3" and rate_of(wish, track) <= 24_000 else written.most
    if wish.kbps and written.kbps and not low <= wish.kbps <= most:
        raise InvalidInput(
            f"{name} of this sound has bit rates from {low} to {most} kbit/s.", field="bitrate"
        )


def channels_of(wish: SoundWish, track: SoundTrack) -> int:
    """How many channels come out: all, or of a lossy format one, two or six."""
    if not wish.written.kbps:
        return min(track.channels, wish.written.channels)
    if wish.written.channels >= 6 and track.channels >= 6:
        return 6
    return min(track.channels, 2)


def rate_of(wish: SoundWish, track: SoundTrack) -> int:
    """Samples a second that come out: those asked for, else its own or the nearest above it."""
    rates = wish.written.rates
    return wish.rate or next((each for each in rates if each >= track.rate), rates[-1])


def layout_filters(wish: SoundWish, track: SoundTrack) -> list[str]:
    """Filters before everything else: channels where the encoder expects them."""
    if not wish.written.kbps and track.channels <= wish.written.channels:
        return []
    return [f"aformat=channel_layouts={_LAYOUTS[channels_of(wish, track)]}"]


def sound_arguments(wish: SoundWish, track: SoundTrack, filters: Sequence[str] = ()) -> list[str]:
    """The arguments from the chosen track to the encoder. Raises InvalidInput."""
    check_wish(wish, track)
    chain = [*layout_filters(wish, track), *filters]
    return [
        *("-map", f"0:{track.index}", "-vn"),
        *(["-af", ",".join(chain)] if chain else []),
        *("-ar", str(rate_of(wish, track))),
        *_coding(wish, track),
    ]


def _coding(wish: SoundWish, track: SoundTrack) -> list[str]:
    written, deep = wish.written, track.bits > 16
    if wish.format == "wav":
        return ["-c:a", "pcm_s24le" if deep else "pcm_s16le"]
    if wish.format == "flac":
        bits = ["-sample_fmt", "s32", "-bits_per_raw_sample", "24"] if deep else ["-sample_fmt"]
        return ["-c:a", "flac", *(bits if deep else [*bits, "s16"])]
    kbps = wish.kbps or usual_kbps(wish, track)
    return ["-c:a", written.encoder, "-b:a", f"{kbps}k"]


def usual_kbps(wish: SoundWish, track: SoundTrack) -> int:
    """The bit rate where none is asked for: half for one channel, thrice for six."""
    written, channels = wish.written, channels_of(wish, track)
    rate = rate_of(wish, track)
    low = written.least * channels
    usual = written.kbps * channels // 2 if rate > 24_000 else written.kbps * channels // 4
    return max(low, min(usual, written.most))


def tag_arguments(tags: Mapping[str, str]) -> list[str]:
    """Title, artist and the like of a recording; nothing else of what it says."""
    kept = [(name, tags[name][:_TAG]) for name in _KEPT if tags.get(name)]
    return [part for name, value in kept for part in ("-metadata", f"{name}={value}")]


def sound_warnings(wish: SoundWish, track: SoundTrack, *, sounds: int, covers: int) -> list[str]:
    """What was not done as one might expect, as sentences."""
    told, name = [], wish.format.upper()
    channels = channels_of(wish, track)
    if channels < track.channels:
        told.append(f"{track.channels} channels were mixed down to {channels}.")
    if wish.kbps and not wish.written.kbps:
        told.append(f"bitrate has no meaning for {name} and was left aside.")
    if sounds > 1:
        told.append(f"The file has {sounds} sound tracks; the first was taken.")
    if covers:
        told.append("The cover picture was left out.")
    return told
