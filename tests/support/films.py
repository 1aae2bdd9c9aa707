"""Small sound and video files for tests, made by the same ffmpeg: plain ones and strangers'."""

from __future__ import annotations

import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.support.media import truncated

# Moving colours, and a tone that people hear as quiet.
PICTURE = "testsrc2=size={size}:rate={fps}:duration={seconds}"
TONE = "sine=frequency=440:duration={seconds}"
_ROOM = "pan=5.1(side)|c0=c0|c1=0.7*c0|c2=0.5*c0|c3=0.2*c0|c4=0.4*c0|c5=0.3*c0"
_PLACE = "+48.1400+011.5800/"


def ffmpeg(*arguments: str | Path) -> None:
    """Run ffmpeg to its end."""
    command = ("ffmpeg", "-nostdin", "-v", "error", "-y", *map(str, arguments))
    subprocess.run(command, check=True, capture_output=True)


def picture(
    seconds: float = 1.0, size: str = "96x64", fps: float = 12, filters: str = ""
) -> list[str]:
    """Arguments for a moving picture as input."""
    made = PICTURE.format(size=size, fps=fps, seconds=seconds)
    return ["-f", "lavfi", "-i", f"{made},{filters}" if filters else made]


def tone(seconds: float = 1.0, filters: str = "") -> list[str]:
    """Arguments for a tone as input."""
    made = TONE.format(seconds=seconds)
    return ["-f", "lavfi", "-i", f"{made},{filters}" if filters else made]


def film(path: Path, *more: str, seconds: float = 1.0, size: str = "96x64") -> Path:
    """A film with sound, in the format of its name."""
    webm = path.suffix == ".webm"
    how = ["-c:v", "libvpx-vp9", "-c:a", "libopus"] if webm else ["-c:v", "libx264", "-c:a", "aac"]
    if path.suffix == ".avi":
        how = ["-c:v", "mpeg4", "-c:a", "libmp3lame"]
    ffmpeg(*picture(seconds, size), *tone(seconds), *how, "-pix_fmt", "yuv420p", *more, path)
    return path


def sound(path: Path, *more: str, seconds: float = 1.0, filters: str = "") -> Path:
    """A tone, in the format of its name."""
    ffmpeg(*tone(seconds, filters), *more, path)
    return path


def with_cover(folder: Path) -> Path:
    """An MP3 with title, comment and a cover."""
    ffmpeg(*picture(0.2), "-frames:v", "1", folder / "cover.png")
    path = sound(folder / "plain.mp3", "-metadata", "title=Canción")
    made = folder / "cover.mp3"
    ffmpeg(
        *("-i", path, "-i", folder / "cover.png", "-map", "0:a", "-map", "1:v", "-c", "copy"),
        *("-disposition:v", "attached_pic", "-metadata", "comment=secret", "-id3v2_version", "3"),
        made,
    )
    return made


def from_phone(folder: Path) -> Path:
    """A film recorded on its side, with a place and a maker, and an uneven frame rate."""
    plain = folder / "plain.mp4"
    ffmpeg(
        *picture(1.0, "128x72", 24, "select='not(mod(n\\,3))+not(mod(n\\,4))'"),
        *(*tone(), "-fps_mode", "vfr", "-pix_fmt", "yuv420p"),
        plain,
    )
    path = folder / "phone.mp4"
    ffmpeg(
        *(
            "-i",
            plain,
            "-c",
            "copy",
            "-metadata:s:v",
            "rotate=90",
            "-movflags",
            "use_metadata_tags",
        ),
        *("-metadata", f"location={_PLACE}", "-metadata", "com.apple.quicktime.make=Maker"),
        path,
    )
    _turn(path)
    return path


def _turn(path: Path) -> None:
    """Write a quarter turn into the first track's matrix, as phones do."""
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 4 + 40
    one = 1 << 16
    data[at : at + 36] = struct.pack(">9i", 0, one, 0, -one, 0, 0, 72 * one, 0, 1 << 30)
    path.write_bytes(data)


def with_subtitles(folder: Path) -> Path:
    """A Matroska film with subtitles and two sound tracks."""
    words = folder / "words.srt"
    words.write_text("1\n00:00:00,000 --> 00:00:01,000\nHola\n", "utf-8")
    path = folder / "film.mkv"
    ffmpeg(
        *(*picture(), *tone(), *tone(), "-i", words),
        *("-map", "0", "-map", "1", "-map", "2", "-map", "3", "-c:s", "srt", "-c:v", "libx264"),
        path,
    )
    return path


def in_hdr(folder: Path) -> Path:
    """Ten bits in BT.2020 and PQ, as phones record HDR."""
    path = folder / "hdr.mp4"
    colours = ("-color_primaries", "bt2020", "-color_trc", "smpte2084", "-colorspace", "bt2020nc")
    ffmpeg(
        *(*picture(0.5), "-pix_fmt", "yuv420p10le", "-c:v", "libx265", "-x265-params"),
        *("log-level=none", *colours, path),
    )
    return path


def without_index(folder: Path) -> Path:
    """An MP4 whose recording was never finished: no moov."""
    return truncated(film(folder / "film.mp4"), 0.7)


def playlist(folder: Path) -> Path:
    """A playlist that names another file, called a film."""
    path = folder / "list.mp4"
    path.write_text("#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n")
    return path


def text(folder: Path) -> Path:
    """Words, called a film."""
    path = folder / "text.mp4"
    path.write_text("This is no film, whatever its name says.\n" * 20)
    return path


# By name: what makes it. Sound that every sound tool has to take.
SOUNDS: dict[str, Callable[[Path], Path]] = {
    "mp3-cover": with_cover,
    "m4a": lambda folder: sound(folder / "a.m4a"),
    "opus": lambda folder: sound(folder / "a.opus"),
    "ogg": lambda folder: sound(folder / "a.ogg"),
    "flac-24": lambda folder: sound(
        folder / "a.flac", "-sample_fmt", "s32", "-bits_per_raw_sample", "24", "-ar", "96000"
    ),
    "wav-5.1": lambda folder: sound(folder / "a.wav", filters=_ROOM),
}
# By name: what makes it, and the size as a person sees it.
FILMS: dict[str, tuple[Callable[[Path], Path], tuple[int, int]]] = {
    "mp4-phone": (from_phone, (72, 128)),
    "mov": (lambda folder: film(folder / "a.mov"), (96, 64)),
    "webm": (lambda folder: film(folder / "a.webm"), (96, 64)),
    "mkv-subtitles": (with_subtitles, (96, 64)),
    "avi": (lambda folder: film(folder / "a.avi"), (96, 64)),
}
