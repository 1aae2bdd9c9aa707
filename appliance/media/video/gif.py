"""A moving GIF out of a film, with the 256 colours that its moving parts need."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from appliance.core.files import Upload
from appliance.core.progress import Progress
from appliance.media.ffmpeg.commands import BARE, Span, encoding, into, reading
from appliance.media.ffmpeg.footage import footage
from appliance.media.ffmpeg.meter import Meter
from appliance.media.ffmpeg.running import run
from appliance.media.video.encoding import film_warnings
from appliance.media.video.filters import fitted, picture_filters

_PALETTE = "palettegen=stats_mode=diff:max_colors=255:reserve_transparent=1"
# Only what changed is written anew, and dots that do not crawl over what stands still.
_USE = "paletteuse=dither=bayer:bayer_scale=4:diff_mode=rectangle"

_PIXEL = 4  # bytes
_IN_MEMORY = 400_000_000  # bytes of pictures that may wait for their colours


@dataclass(frozen=True)
class GifWish:
    """A stretch of the film, the width in pixels (never more than it has) and frames a second."""

    span: Span
    width: int
    fps: float


@dataclass(frozen=True)
class GifMade:
    """Width, height, frames a second."""

    width_px: int
    height_px: int
    fps: float
    warnings: tuple[str, ...]


def make_gif(
    upload: Upload, files: tuple[Path, Path], wish: GifWish, progress: Progress
) -> GifMade:
    """Write a GIF. `files`: where to, and where its palette may lie meanwhile.

    Raises InvalidInput without a moving picture; BrokenMedia.
    """
    held = footage(upload.path, upload.mime, upload.facts)
    track = held.the_video()
    fps = min(wish.fps, track.fps) if track.fps >= 1 else wish.fps
    size = fitted(track, width=min(wish.width, track.shown[0]), odd=True)
    chain = f"[0:{track.index}]{','.join(picture_filters(track, size, fps=fps, rgb=True))}"
    seconds = wish.span.length or upload.facts.seconds - wish.span.start
    reader = reading(upload.path, upload.mime, wish.span)
    if size[0] * size[1] * _PIXEL * fps * seconds <= _IN_MEMORY:
        meter = Meter(seconds, progress)
        run(encoding(reader, _at_once(chain), BARE, into(files[0], "gif")), meter)
        meter.check()
    else:
        _in_two_passes(reader, files, chain, (seconds, progress))
    return GifMade(*size, fps, tuple(film_warnings(held)))


def _at_once(chain: str) -> list[str]:
    graph = f"{chain},split[film][look];[look]{_PALETTE}[colours];[film][colours]{_USE}"
    return ["-filter_complex", graph, "-loop", "0"]


def _in_two_passes(
    reader: list[str], files: tuple[Path, Path], chain: str, length: tuple[float, Progress]
) -> None:
    """First the colours, then the pictures: in one pass all pictures wait for the colours."""
    target, palette = files
    seconds, progress = length
    try:
        with progress.part(0.0, 0.5) as part:
            colours = ["-filter_complex", f"{chain},{_PALETTE}", "-frames:v", "1", "-update", "1"]
            run(encoding(reader, colours, into(palette, "image2", "-c:v", "png")))
            part(1.0)
        with progress.part(0.5, 1.0) as part:
            meter = Meter(seconds, part)
            more = ["-protocol_whitelist", "file", "-f", "png_pipe", "-i", f"file:{palette}"]
            graph = ["-filter_complex", f"{chain}[film];[film][1:v]{_USE}", "-loop", "0"]
            run(encoding(reader, more, graph, BARE, into(target, "gif")), meter)
            meter.check()
    finally:
        palette.unlink(missing_ok=True)
