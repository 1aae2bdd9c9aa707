"""Take pictures out of a film."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from appliance import media
from appliance.core.errors import InvalidInput
from appliance.core.files import Kind, Upload, safe_stem
from appliance.core.operation import Output, PictureFormat, RunContext, operation
from appliance.core.params import Accepts, Choice, Help, Range, Unit
from appliance.core.recurring import Filename


@dataclass(frozen=True)
class Params:
    """What taking pictures takes."""

    video: Annotated[Upload, Help("Film to take pictures from"), Accepts(Kind.VIDEO)]
    at: Annotated[
        float | None, Help("When the picture is taken; none, and no count: early in the film"),
        Range(0, 86_400), Unit("s"),
    ] = None  # fmt: skip
    count: Annotated[
        int | None, Help("So many pictures, evenly over the whole film"), Range(1, 20)
    ] = None
    width: Annotated[
        int | None, Help("Width, the height in proportion; none: as it is shown"),
        Range(16, 4096), Unit("px"),
    ] = None  # fmt: skip
    output_format: Annotated[str, Help("Format of the result"), Choice(("jpeg", "png", "webp"))] = (
        "jpeg"
    )
    quality: Annotated[int | None, Help("1 small … 100 fine, for jpeg and webp"), Range(1, 100)] = (
        None
    )
    filename: Filename = None


@operation(name="tools.video_thumbnail", title="Take a video's thumbnail", output=Kind.IMAGE)
def video_thumbnail(ctx: RunContext, params: Params) -> Output:
    """One picture or several, upright."""
    seconds = params.video.facts.seconds
    if params.at is not None and params.count is not None:
        raise InvalidInput("Give at or count, not both.", field="count")
    if params.at is not None and params.at > seconds:
        raise InvalidInput(
            f"at is {params.at:g} s, but the film is {seconds:.2f} s long.", field="at"
        )
    when = media.moments(seconds, params.at, params.count)
    stem = safe_stem(params.filename or params.video.name)
    form = PictureFormat(params.output_format, quality=params.quality)
    taken = media.stills(params.video, ctx.scratch("still.raw"), when, params.width, ctx.progress)
    files, size = [], (0, 0)
    for number, picture in enumerate(taken, 1):
        name = stem if len(when) == 1 else f"{stem}-{number}"
        size = picture.width, picture.height
        files.append(ctx.publish(picture, name=name, format=form))
    return Output(tuple(files), {"at": when, "width": size[0], "height": size[1]})
