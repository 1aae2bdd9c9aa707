"""Argument lists for ffmpeg and ffprobe, as pure functions. There is no shell.

A file is opened by the demuxer that its content was sniffed for, over the file protocol alone:
playlists, which name other files and addresses, have no demuxer here. Only the listed decoders run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

# Ends the program with the media child that started it, however that dies.
TETHER = ("setpriv", "--pdeathsig", "KILL", "--")

DEMUXERS: Mapping[str, str] = MappingProxyType(
    {
        "video/mp4": "mov",
        "video/quicktime": "mov",
        "audio/mp4": "mov",
        "video/webm": "matroska",
        "video/x-matroska": "matroska",
        "video/x-msvideo": "avi",
        "audio/wav": "wav",
        "audio/mpeg": "mp3",
        "audio/flac": "flac",
        "audio/ogg": "ogg",
    }
)
_DECODERS = (
    *("h264", "hevc", "vp8", "libvpx", "vp9", "libvpx-vp9", "libdav1d", "libaom-av1", "av1"),
    *("mpeg4", "mpeg2video", "mpeg1video", "h263", "msmpeg4v3", "msmpeg4", "msmpeg4v2", "theora"),
    *("mjpeg", "png", "prores", "dnxhd", "rawvideo", "ffv1", "huffyuv", "qtrle"),
    *("aac", "aac_latm", "mp3float", "mp3", "mp2float", "mp2", "opus", "libopus", "vorbis"),
    *("libvorbis", "flac", "alac", "ac3", "eac3", "adpcm_ima_wav", "adpcm_ms", "amrnb", "amrwb"),
    *(f"pcm_{form}{ends}" for form in ("s16", "s24", "s32", "f32", "f64") for ends in ("le", "be")),
    *("pcm_u8", "pcm_s8", "pcm_alaw", "pcm_mulaw", "dca"),
    # Subtitles are left out, but a file is not opened whose streams nobody may look at.
    *("subrip", "srt", "ass", "ssa", "mov_text", "webvtt", "text", "pgssub", "dvdsub", "dvbsub"),
)


@dataclass(frozen=True)
class Span:
    """A stretch of a file: from `start`, for `length` seconds; None: to the end."""

    start: float = 0.0
    length: float | None = None


WHOLE = Span()


def opened(mime: str) -> list[str]:
    """The arguments before `-i` that hold a reader to what the file is. `mime`: as sniffed."""
    return [
        *("-protocol_whitelist", "file"),
        *("-codec_whitelist", ",".join(_DECODERS)),
        *("-f", DEMUXERS[mime]),
    ]


def probing(path: Path, mime: str) -> list[str]:
    """The command of ffprobe: the file's streams and tags as JSON."""
    return [
        *(*TETHER, "ffprobe", "-hide_banner", "-loglevel", "error"),
        *opened(mime),
        *("-show_streams", "-show_format", "-of", "json", "-i", f"file:{path}"),
    ]


def reading(path: Path, mime: str, span: Span = WHOLE) -> list[str]:
    """The arguments that open a file as the input; a span's first frame is the exact one."""
    cut = ["-ss", f"{span.start:.3f}"] if span.start else []
    cut += ["-t", f"{span.length:.3f}"] if span.length is not None else []
    return [*opened(mime), *cut, "-i", f"file:{path}"]


def encoding(*parts: Sequence[str], loglevel: str = "error") -> list[str]:
    """The command of ffmpeg around arguments: silent, without a keyboard, telling its progress."""
    return [
        *(*TETHER, "ffmpeg", "-nostdin", "-hide_banner", "-loglevel", loglevel, "-nostats"),
        *("-stats_period", "0.5", "-progress", "pipe:1", "-y"),
        *(argument for part in parts for argument in part),
    ]


# Nothing that came in is told on: no place, no device, no chapters, no data streams.
BARE = ("-map_metadata", "-1", "-map_chapters", "-1", "-dn", "-sn")


def into(path: Path, muxer: str, *more: str) -> list[str]:
    """The end of a command: the file to write."""
    return [*more, "-f", muxer, f"file:{path}"]
