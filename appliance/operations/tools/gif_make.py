"""Make a moving GIF out of a film."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from appliance import media
from appliance.core.errors import TooLarge
from appliance.core.files import Kind, Upload, safe_stem
from appliance.core.operation import Output, RunContext, operation
from appliance.core.params import Accepts, Help, Range, Unit
from appliance.core.recurring import Filename

_LONGEST_S = 60
_MOMENT = Range(0, 86_400)


@dataclass(frozen=True)
class Params:
    """What making a GIF takes."""

    video: Annotated[Upload, Help("Film it is made of"), Accepts(Kind.VIDEO)]
    start: Annotated[float, Help("Where it begins"), _MOMENT, Unit("s")] = 0.0
    end: Annotated[
        float | None, Help("Where it ends, at most a minute after; none: with the film"),
        _MOMENT, Unit("s"),
    ] = None  # fmt: skip
    width: Annotated[
        int, Help("Width, never more than the film has; the height in proportion"),
        Range(16, 1920), Unit("px"),
    ] = 480  # fmt: skip
    fps: Annotated[float, Help("Frames a second, never more than the film has"), Range(1, 50)] = 12
    filename: Filename = None


@operation(name="tools.gif_make", title="Make a GIF", output=Kind.IMAGE)
def gif_make(ctx: RunContext, params: Params) -> Output:
    """A GIF that goes round, with colours of its own."""
    span, told = media.span_of(params.video.facts.seconds, params.start, params.end)
    if span.length is not None and span.length > _LONGEST_S:
        raise TooLarge(
            f"The GIF would be {span.length:.0f} s long; at most {_LONGEST_S} s are made: give"
            " start and end.",
            field="end",
        )
    name = f"{safe_stem(params.filename or params.video.name)}.gif"
    path = ctx.scratch(name)
    wish = media.GifWish(span, params.width, params.fps)
    palette = path.with_name("palette.png")
    made = media.make_gif(params.video, (path, palette), wish, ctx.progress)
    published = ctx.publish_file(path, name=name, mime="image/gif")
    facts = {
        "seconds": round(span.length or 0.0, 3),
        "width": made.width_px,
        "height": made.height_px,
        "fps": made.fps,
    }
    return Output((published,), facts, (*told, *made.warnings))
