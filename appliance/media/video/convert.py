"""A film into another format, size or rate; a piece of a film."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from appliance.core.files import Upload
from appliance.core.progress import Progress
from appliance.media.ffmpeg.commands import BARE, WHOLE, Span, encoding, into, reading
from appliance.media.ffmpeg.footage import Footage, footage
from appliance.media.ffmpeg.meter import Meter
from appliance.media.ffmpeg.running import run
from appliance.media.video.encoding import VideoWish, film_arguments, film_warnings


@dataclass(frozen=True)
class FilmMade:
    """What came of it: frames a second as asked for or as they came, and warnings in sentences."""

    fps: float
    sound: bool
    warnings: tuple[str, ...] = ()


def convert_film(upload: Upload, target: Path, wish: VideoWish, progress: Progress) -> FilmMade:
    """Write a film in another way to `target`: upright, with square pixels, in ordinary colours.

    Raises InvalidInput without a moving picture or for what the format does not take; TooLarge,
    BrokenMedia.
    """
    held = footage(upload.path, upload.mime, upload.facts)
    arguments = film_arguments(wish, held)
    _write(upload, (target, wish), arguments, WHOLE, progress)
    return _made(held, wish.fps)


def trim_film(
    upload: Upload, target: Path, wish: VideoWish, span: Span, progress: Progress
) -> FilmMade:
    """Write a piece of a film to `target`, cut at the very frame. Raises as `convert_film`."""
    held = footage(upload.path, upload.mime, upload.facts)
    arguments = film_arguments(wish, held, copy_sound=False)
    _write(upload, (target, wish), arguments, span, progress)
    return _made(held, wish.fps)


def copy_piece(
    upload: Upload, target: Path, wish: VideoWish, span: Span, progress: Progress
) -> FilmMade:
    """Write a piece of a film as it is coded, from the key frame before its start.

    Raises as `convert_film`.
    """
    held = footage(upload.path, upload.mime, upload.facts)
    tracks = [held.the_video().index, *([held.sound.index] if held.sound else [])]
    chosen = [part for index in tracks for part in ("-map", f"0:{index}")]
    arguments = [*chosen, "-c", "copy", *wish.written.how]
    _write(upload, (target, wish), arguments, span, progress)
    return FilmMade(
        held.the_video().fps, held.sound is not None, tuple(film_warnings(held, again=False))
    )


def _made(held: Footage, fps: float | None) -> FilmMade:
    return FilmMade(fps or held.the_video().fps, held.sound is not None, tuple(film_warnings(held)))


def _write(
    upload: Upload,
    goal: tuple[Path, VideoWish],
    arguments: list[str],
    span: Span,
    progress: Progress,
) -> None:
    target, wish = goal
    meter = Meter(span.length or upload.facts.seconds - span.start, progress)
    reader = reading(upload.path, upload.mime, span)
    run(encoding(reader, arguments, BARE, into(target, wish.written.muxer)), meter)
    meter.check()
