"""Resize a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from appliance import media
from appliance.core.errors import InvalidInput
from appliance.core.files import Kind, Upload, safe_stem
from appliance.core.operation import Output, PictureFormat, RunContext, operation
from appliance.core.params import Accepts, Choice, Help, Range, Unit
from appliance.core.recurring import Filename, KeptFormat, LossyQuality

_SIDE = Range(1, 16384)


@dataclass(frozen=True)
class Params:
    """What resizing takes."""

    image: Annotated[Upload, Help("Picture to resize"), Accepts(Kind.IMAGE)]
    width: Annotated[int | None, Help("New width"), _SIDE, Unit("px")] = None
    height: Annotated[int | None, Help("New height"), _SIDE, Unit("px")] = None
    fit: Annotated[
        str,
        Help("With both sides: cover crops, contain adds borders, fill stretches, inside and "
             "outside keep the shape within or around them"),
        Choice(("cover", "contain", "fill", "inside", "outside")),
    ] = "inside"  # fmt: skip
    percent: Annotated[
        float | None, Help("Instead of width and height: of each side"), Range(0.1, 1000), Unit("%")
    ] = None
    output_format: KeptFormat = None
    quality: LossyQuality = None
    filename: Filename = None
    strip_metadata: Annotated[
        bool, Help("Leave out EXIF data; the place is left out in any case")
    ] = True


@operation(name="tools.image_resize", title="Resize a picture", output=Kind.IMAGE)
def image_resize(ctx: RunContext, params: Params) -> Output:
    """The picture at another size, in the format it came in; animations stay so where they can."""
    sides = params.width or params.height
    if bool(sides) == bool(params.percent):
        raise InvalidInput("Give width, height or both, or else percent.", field="width")
    form, about_format = media.same_format(params.image.path, params.output_format)
    written = media.WRITES[form]
    name = f"{safe_stem(params.filename or params.image.name)}.{written.ending}"
    wish = media.Wish(
        format=PictureFormat(form, quality=params.quality),
        width=params.width,
        height=params.height,
        fit=params.fit,
        strip_metadata=params.strip_metadata,
        percent=params.percent,
    )
    path = ctx.scratch(name)
    made = media.convert(params.image.path, path, wish)
    published = ctx.publish_file(path, name=name, mime=written.mime)
    facts = {"width": made.width_px, "height": made.height_px, "frames": made.frames}
    return Output((published,), facts, (*about_format, *made.warnings))
