"""What is inside a sound or video file, as ffprobe tells it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from appliance.core.errors import BrokenMedia, InvalidInput
from appliance.core.files import Facts
from appliance.media.ffmpeg.commands import probing
from appliance.media.ffmpeg.running import output_of

_HDR = ("smpte2084", "arib-std-b67")
_LONGER, _LONGER_S = 1.05, 2.0  # what a header may be mistaken by
_MORE_PIXELS = 3.0  # coded against shown: pixels that are not square, and padding


@dataclass(frozen=True)
class VideoTrack:
    """A moving picture. `width`, `height`: as coded; `turned`: it is shown on its side. `aspect`:
    width of a pixel by its height. `seconds`: 0 where the file does not say.
    """

    index: int
    codec: str
    width: int
    height: int
    fps: float = 0.0
    aspect: float = 1.0
    turned: bool = False
    transfer: str = ""
    matrix: str = ""
    interlaced: bool = False
    seconds: float = 0.0

    @property
    def hdr(self) -> bool:
        """Whether its brightness goes beyond that of an ordinary screen: PQ or HLG."""
        return self.transfer in _HDR

    @property
    def shown(self) -> tuple[int, int]:
        """Width and height as a person sees them: square pixels, upright."""
        width, height = max(1, round(self.width * self.aspect)), self.height
        return (height, width) if self.turned else (width, height)


@dataclass(frozen=True)
class SoundTrack:
    """A sound track. `bits` of a sample, 0 for lossy codecs."""

    index: int
    codec: str
    rate: int
    channels: int
    bits: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Footage:
    """What a file holds: its first moving picture, its first sound, and how many more there are.

    Covers of songs are no video. `tags`: what it says about itself, names in small letters.
    """

    seconds: float
    video: VideoTrack | None
    sound: SoundTrack | None
    sounds: int = 0
    subtitles: int = 0
    covers: int = 0
    tags: Mapping[str, str] = field(default_factory=dict)

    def the_video(self, name: str = "video") -> VideoTrack:
        """Its moving picture. Raises InvalidInput naming the field without one."""
        if self.video is None:
            raise InvalidInput("The file holds no moving picture.", field=name)
        return self.video

    def the_sound(self, name: str = "audio") -> SoundTrack:
        """Its sound. Raises InvalidInput naming the field without one."""
        if self.sound is None:
            raise InvalidInput("The file holds no sound.", field=name)
        return self.sound


def footage(path: Path, mime: str, announced: Facts) -> Footage:
    """What the file holds. `announced`: what its header told at admission, by which it was priced
    and let in. Raises BrokenMedia for a file that cannot be read, or holds more than that.
    """
    try:
        told = json.loads(output_of(probing(path, mime)))
    except ValueError:
        raise BrokenMedia("The file is damaged: nobody can tell what it holds.") from None
    found = read_footage(told)
    if found.seconds > announced.seconds * _LONGER + _LONGER_S:
        raise BrokenMedia(
            f"The file's header tells of {announced.seconds:.1f} s, but it holds"
            f" {found.seconds:.1f} s."
        )
    pixels = announced.width_px * announced.height_px
    video = found.video
    if video and pixels and video.width * video.height > pixels * _MORE_PIXELS + 65_536:
        raise BrokenMedia(
            f"The file's header tells of {announced.width_px}×{announced.height_px} pixels, but it"
            f" holds {video.width}×{video.height}."
        )
    return found


def read_footage(told: Mapping[str, Any]) -> Footage:
    """What ffprobe says in JSON, as values. Raises BrokenMedia without sound and video."""
    streams = [each for each in told.get("streams", ()) if isinstance(each, dict)]
    videos = [_video(each) for each in streams if _is(each, "video") and not _cover(each)]
    sounds = [_sound(each) for each in streams if _is(each, "audio")]
    seen = [each for each in videos if each.width and each.height]
    heard = [each for each in sounds if each.rate and each.channels]
    if not seen and not heard:
        raise BrokenMedia("The file holds neither sound nor video that can be read here.")
    whole = told.get("format", {})
    tags: dict[str, str] = {}
    for each in (*streams, whole):
        tags |= {str(name).lower(): str(value) for name, value in each.get("tags", {}).items()}
    return Footage(
        seconds=_number(whole.get("duration")),
        video=next(iter(seen), None),
        sound=next(iter(heard), None),
        sounds=len(heard),
        subtitles=sum(_is(each, "subtitle") for each in streams),
        covers=sum(_cover(each) for each in streams),
        tags=tags,
    )


def _is(stream: Mapping[str, Any], kind: str) -> bool:
    return stream.get("codec_type") == kind


def _cover(stream: Mapping[str, Any]) -> bool:
    return bool(stream.get("disposition", {}).get("attached_pic"))


def _video(stream: Mapping[str, Any]) -> VideoTrack:
    turns = [each.get("rotation") for each in stream.get("side_data_list", ())]
    turn = next((_number(each) for each in turns if each is not None), 0.0)
    return VideoTrack(
        index=int(stream["index"]),
        codec=str(stream.get("codec_name", "")),
        width=int(stream.get("width", 0)),
        height=int(stream.get("height", 0)),
        fps=round(_ratio(stream.get("avg_frame_rate")) or _ratio(stream.get("r_frame_rate")), 3),
        aspect=_ratio(stream.get("sample_aspect_ratio"), ":") or 1.0,
        turned=round(turn / 90) % 2 == 1,
        transfer=str(stream.get("color_transfer", "")),
        matrix=str(stream.get("color_space", "")),
        interlaced=stream.get("field_order") in ("tt", "bb", "tb", "bt"),
        seconds=_seconds(stream),
    )


def _sound(stream: Mapping[str, Any]) -> SoundTrack:
    raw, coded = _number(stream.get("bits_per_raw_sample")), stream.get("bits_per_sample", 0)
    return SoundTrack(
        index=int(stream["index"]),
        codec=str(stream.get("codec_name", "")),
        rate=int(_number(stream.get("sample_rate"))),
        channels=int(stream.get("channels", 0)),
        bits=int(raw or _number(coded)),
        seconds=_seconds(stream),
    )


def _seconds(stream: Mapping[str, Any]) -> float:
    told = _number(stream.get("duration"))
    if told:
        return told
    # Matroska notes it as a tag: 00:00:03.023000000
    parts = str(stream.get("tags", {}).get("DURATION", "")).split(":")
    if len(parts) != 3:
        return 0.0
    hours, minutes, seconds = (_number(part) for part in parts)
    return hours * 3600 + minutes * 60 + seconds


def _number(text: object) -> float:
    try:
        value = float(str(text))
    except ValueError:
        return 0.0
    return value if math.isfinite(value) else 0.0


def _ratio(text: object, mark: str = "/") -> float:
    above, _, below = str(text).partition(mark)
    return _number(above) / _number(below) if _number(below) else 0.0
