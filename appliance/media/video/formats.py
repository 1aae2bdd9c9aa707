"""Which video formats the box writes, as plain tables: no library is loaded for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Coder:
    """A way to code pictures. `crf`: its usual quality, 0 fine … `worst`; `how`: its arguments;
    `least`: the fewest pixels a side it takes.
    """

    encoder: str
    crf: int
    worst: int
    how: tuple[str, ...]
    tag: tuple[str, ...] = ()
    least: int = 2


CODERS: Mapping[str, Coder] = MappingProxyType(
    {
        "h264": Coder("libx264", 23, 51, ("-preset", "veryfast")),
        "h265": Coder(
            *("libx265", 28, 51, ("-preset", "fast", "-x265-params", "log-level=error")),
            tag=("-tag:v", "hvc1"),  # the name that Apple's players look for
            least=64,  # x265 3.5 writes behind its memory where a picture is less than a block
        ),
        "vp9": Coder(
            *("libvpx-vp9", 33, 63),
            how=("-b:v", "0", "-deadline", "good", "-cpu-used", "5", "-row-mt", "1"),
        ),
        "av1": Coder("libsvtav1", 35, 63, ("-preset", "9"), least=64),
    }
)


@dataclass(frozen=True)
class VideoFormat:
    """A container: the coders it takes, its own one first, and how its sound is coded."""

    mime: str
    ending: str
    muxer: str
    codecs: tuple[str, ...]
    sound: str
    how: tuple[str, ...] = ()


_FAST_START = ("-movflags", "+faststart")
VIDEO_WRITES: Mapping[str, VideoFormat] = MappingProxyType(
    {
        "mp4": VideoFormat("video/mp4", "mp4", "mp4", ("h264", "h265", "av1"), "aac", _FAST_START),
        "mov": VideoFormat("video/quicktime", "mov", "mov", ("h264", "h265"), "aac", _FAST_START),
        "webm": VideoFormat("video/webm", "webm", "webm", ("vp9", "av1"), "opus"),
        "mkv": VideoFormat(
            "video/x-matroska", "mkv", "matroska", ("h264", "h265", "vp9", "av1"), "aac"
        ),
    }
)
_OWN = {written.mime: name for name, written in VIDEO_WRITES.items()}


def own_video_format(mime: str) -> str:
    """The format a film stays in where none is asked for; what is not written becomes MP4."""
    return _OWN.get(mime, "mp4")
