"""Single pictures out of a film."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from appliance.core.errors import BrokenMedia
from appliance.core.files import Upload
from appliance.core.picture import Picture
from appliance.core.progress import Progress
from appliance.media.ffmpeg.commands import Span, encoding, into, reading
from appliance.media.ffmpeg.footage import Footage, footage
from appliance.media.ffmpeg.running import run
from appliance.media.video.filters import fitted, picture_filters

_BACK_S = 3.0  # how far before the asked moment a last picture is looked for
_FIRST = 0.1  # where the picture of a film is taken: most begin in black


def moments(seconds: float, at: float | None, count: int | None) -> list[float]:
    """When the pictures are taken, in seconds: at a moment, so many all over the film, or one
    after its beginning.
    """
    if count:
        return [round(seconds * (number + 0.5) / count, 3) for number in range(count)]
    return [round(seconds * _FIRST, 3) if at is None else at]


def stills(
    upload: Upload, scratch: Path, when: list[float], width: int | None, progress: Progress
) -> Iterator[Picture]:
    """The film's pictures at these moments, upright, `width` pixels wide or as they are shown.

    `scratch` is a path to write to; nothing is left there. Raises InvalidInput, TooLarge,
    BrokenMedia.
    """
    held = footage(upload.path, upload.mime, upload.facts)
    size = fitted(held.the_video(), width=width, odd=True)
    try:
        for number, moment in enumerate(when):
            yield _still(upload, held, scratch, (moment, size))
            progress((number + 1) / len(when))
    finally:
        scratch.unlink(missing_ok=True)


def _still(
    upload: Upload, held: Footage, scratch: Path, wanted: tuple[float, tuple[int, int]]
) -> Picture:
    moment, (width, height) = wanted
    track = held.the_video()
    chosen = ["-map", f"0:{track.index}", "-an", "-sn", "-dn"]
    filters = ["-vf", ",".join(picture_filters(track, (width, height), rgb=True))]
    raw = into(scratch, "rawvideo", "-c:v", "rawvideo", "-pix_fmt", "rgb24")
    run(
        encoding(
            reading(upload.path, upload.mime, Span(moment)),
            chosen,
            filters,
            ["-frames:v", "1"],
            raw,
        )
    )
    frame = width * height * 3
    if scratch.stat().st_size < frame:  # after the last picture: that one then
        span = Span(max(0.0, moment - _BACK_S))
        run(encoding(reading(upload.path, upload.mime, span), chosen, _last(filters), raw))
    pixels = np.fromfile(scratch, np.uint8)
    if pixels.size < frame:
        raise BrokenMedia(f"There is no picture at {moment:g} s: the file is damaged.")
    return Picture(pixels[-frame:].reshape(height, width, 3))


def _last(filters: list[str]) -> list[str]:
    """The same filters, for a handful of pictures of which the last one counts."""
    return [filters[0], f"fps=4,{filters[1]}", "-frames:v", str(int(4 * _BACK_S) + 8)]
