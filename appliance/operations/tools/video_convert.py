"""Convert a film: format, codec, size, frame rate, quality."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from appliance import media
from appliance.core.files import Kind, Upload, safe_stem
from appliance.core.operation import Output, RunContext, operation
from appliance.core.params import Accepts, Choice, Help, Multiple, Range, Unit
from appliance.core.recurring import Filename


@dataclass(frozen=True)
class Params:
    """What converting a film takes."""

    video: Annotated[Upload, Help("Film to convert"), Accepts(Kind.VIDEO)]
    output_format: Annotated[
        str, Help("Format of the result"), Choice(("mp4", "webm", "mov", "mkv"))
    ] = "mp4"
    codec: Annotated[
        str | None,
        Help("How pictures are coded; none: h264, in webm vp9. mp4 takes h264, h265 and av1, mov "
             "h264 and h265, webm vp9 and av1, mkv all"),
        Choice(("h264", "h265", "vp9", "av1")),
    ] = None  # fmt: skip
    height: Annotated[
        int | None, Help("New height, the width in proportion; none: as it is"),
        Range(16, 4320), Multiple(2), Unit("px"),
    ] = None  # fmt: skip
    fps: Annotated[
        float | None, Help("Frames a second, evenly; none: as they come"), Range(1, 120)
    ] = None
    crf: Annotated[
        int | None, Help("0 fine … 51 small, for vp9 and av1 … 63; none: a good one"), Range(0, 63)
    ] = None
    filename: Filename = None


@operation(name="tools.video_convert", title="Convert a video", output=Kind.VIDEO)
def video_convert(ctx: RunContext, params: Params) -> Output:
    """The film in another format, upright, with square pixels and an ordinary screen's colours."""
    wish = media.VideoWish(
        params.output_format, params.codec, height=params.height, fps=params.fps, crf=params.crf
    )
    written = wish.written
    name = f"{safe_stem(params.filename or params.video.name)}.{written.ending}"
    path = ctx.scratch(name)
    made = media.convert_film(params.video, path, wish, ctx.progress)
    published = ctx.publish_file(path, name=name, mime=written.mime)
    told = published.made().facts
    facts = {
        "seconds": round(told.seconds, 3),
        "width": told.width_px,
        "height": told.height_px,
        "fps": made.fps,
        "sound": made.sound,
    }
    return Output((published,), facts, made.warnings)
