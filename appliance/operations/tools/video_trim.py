"""Cut a piece out of a film."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from appliance import media
from appliance.core.files import Kind, Upload, safe_stem
from appliance.core.operation import Output, RunContext, operation
from appliance.core.params import Accepts, Help, Range, Unit
from appliance.core.recurring import Filename

_MOMENT = Range(0, 86_400)


@dataclass(frozen=True)
class Params:
    """What trimming takes."""

    video: Annotated[Upload, Help("Film to cut from"), Accepts(Kind.VIDEO)]
    start: Annotated[float, Help("Where the piece begins"), _MOMENT, Unit("s")] = 0.0
    end: Annotated[float | None, Help("Where it ends; none: with the film"), _MOMENT, Unit("s")] = (
        None
    )
    exact: Annotated[
        bool,
        Help("Cut at the very frame, which codes the piece anew; false keeps it as it is coded and "
             "begins at the key frame before start"),
    ] = True  # fmt: skip
    filename: Filename = None


@operation(name="tools.video_trim", title="Trim a video", output=Kind.VIDEO)
def video_trim(ctx: RunContext, params: Params) -> Output:
    """The piece from start to end, in the format it came in (AVI becomes MP4)."""
    film = params.video
    span, told = media.span_of(film.facts.seconds, params.start, params.end)
    wish = media.VideoWish(media.own_video_format(film.mime))
    written = wish.written
    exact = params.exact or written.mime != film.mime
    name = f"{safe_stem(params.filename or film.name)}.{written.ending}"
    path = ctx.scratch(name)
    cut = media.trim_film if exact else media.copy_piece
    made = cut(film, path, wish, span, ctx.progress)
    published = ctx.publish_file(path, name=name, mime=written.mime)
    facts = published.made().facts
    shown = {
        "seconds": round(facts.seconds, 3),
        "width": facts.width_px,
        "height": facts.height_px,
        "sound": made.sound,
        "exact": exact,
    }
    return Output((published,), shown, (*told, *made.warnings))
