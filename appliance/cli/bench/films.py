"""The sound and video tools beside the bare ffmpeg command for the same, in turns, file to file."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from appliance import media
from appliance.cli.bench.beside import Compared, FolderContext, seconds_of
from appliance.core.files import Upload
from appliance.media.ffmpeg.running import output_of
from appliance.operations import discover

SECONDS = 20
_SIZE = "1280x720"
_VIDEO = f"testsrc2=size={_SIZE}:rate=30:duration={SECONDS}"
_GRAIN = "noise=alls=12:allf=t"  # what cameras see besides, and what encoders work on
_SOUND = f"anoisesrc=color=pink:amplitude=0.3:duration={SECONDS}"
_H264 = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-pix_fmt", "yuv420p")
_AAC = ("-c:a", "aac", "-b:a", "128k")
_PALETTE = (
    "fps=12,scale=480:-1:flags=bicubic,split[a][b];[a]palettegen=stats_mode=diff[p];"
    "[b][p]paletteuse=dither=bayer:bayer_scale=4:diff_mode=rectangle"
)
_LOUD = "loudnorm=I=-14:TP=-1:LRA=11"


def measure(rounds: int) -> Iterator[Compared]:
    """Measure each tool `rounds` times, in alternation with ffmpeg."""
    catalogue = discover()
    with tempfile.TemporaryDirectory(prefix="appliance-bench-") as name:
        folder = Path(name)
        film, song = _film(folder / "film.mp4"), _song(folder / "song.wav")
        for tool, asked, plain in _cases(film.path, song.path, folder):
            operation = catalogue[f"tools.{tool.partition(' ')[0].replace('-', '_')}"]
            field = operation.fields[0].name
            params = operation.read({field: song if field == "audio" else film, **asked})

            def ours(operation: Any = operation, params: Any = params) -> None:
                operation.run(FolderContext(folder), params)

            turns = [(seconds_of(ours), seconds_of(plain)) for _ in range(rounds)]
            yield Compared(tool, tuple(one for one, _ in turns), tuple(two for _, two in turns))


def _film(path: Path) -> Upload:
    _ffmpeg(
        "-f", "lavfi", "-i", f"{_VIDEO},{_GRAIN}", "-f", "lavfi", "-i", _SOUND, *_H264, *_AAC, path
    )
    return _upload(path)


def _song(path: Path) -> Upload:
    _ffmpeg("-f", "lavfi", "-i", _SOUND, "-ac", "2", "-ar", "44100", path)
    return _upload(path)


def _upload(path: Path) -> Upload:
    sniffed, data = media.sniff(path), path.read_bytes()
    return Upload(
        id="upl_bench",
        path=path,
        name=path.name,
        mime=sniffed.mime,
        kind=sniffed.kind,
        bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        facts=media.probe(path, sniffed.mime),
    )


def _ffmpeg(*arguments: str | Path) -> None:
    output_of(("ffmpeg", "-nostdin", "-v", "error", "-y", *map(str, arguments)))


def _cases(
    film: Path, song: Path, folder: Path
) -> Iterator[tuple[str, Mapping[str, Any], Callable[[], None]]]:
    """(tool, what is asked of it, ffmpeg's way to the same)."""

    def bare(target: str, source: Path, *arguments: str) -> Callable[[], None]:
        return lambda: _ffmpeg("-i", source, *arguments, folder / f"plain.{target}")

    yield (
        "audio-convert mp3",
        {"output_format": "mp3"},
        bare("mp3", song, "-c:a", "libmp3lame", "-b:a", "192k"),
    )
    measured = bare("wav", song, "-af", f"{_LOUD}:print_format=json", "-f", "null")
    applied = bare("wav", song, "-af", _LOUD, "-ar", "44100")
    yield "audio-normalize", {}, lambda: (measured(), applied())[0]
    yield (
        "video-convert 480 lines",
        {"height": 480},
        bare("mp4", film, "-vf", "scale=-2:480", *_H264, "-c:a", "copy"),
    )
    yield (
        "video-trim",
        {"start": 5, "end": 10},
        lambda: _ffmpeg("-ss", "5", "-t", "5", "-i", film, *_H264, *_AAC, folder / "plain.mp4"),
    )
    yield (
        "video-thumbnail",
        {"at": 10},
        lambda: _ffmpeg("-ss", "10", "-i", film, "-frames:v", "1", folder / "plain.jpg"),
    )
    yield (
        "gif-make 5 s",
        {"start": 5, "end": 10},
        lambda: _ffmpeg(
            "-ss", "5", "-t", "5", "-i", film, "-filter_complex", _PALETTE, folder / "plain.gif"
        ),
    )
