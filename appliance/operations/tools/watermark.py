"""Put a watermark on a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from appliance import media
from appliance.core.errors import InvalidInput
from appliance.core.files import Kind, Upload, safe_stem
from appliance.core.operation import Output, PictureFormat, RunContext, operation
from appliance.core.params import Accepts, Choice, Help, Length, Pattern, Range, Unit
from appliance.core.recurring import Filename, KeptFormat, LossyQuality

_LETTERS_PX = 256  # drawn large, then made smaller: words are seldom set larger


@dataclass(frozen=True)
class Params:
    """What a watermark takes."""

    image: Annotated[Upload, Help("Picture to mark"), Accepts(Kind.IMAGE)]
    watermark: Annotated[
        Upload | None, Help("Picture to mark it with, best with transparency"), Accepts(Kind.IMAGE)
    ] = None
    text: Annotated[str | None, Help("Words to mark it with, instead"), Length(1, 200)] = None
    position: Annotated[
        str, Help("Where it lies"),
        Choice(("top-left", "top", "top-right", "left", "center", "right", "bottom-left", "bottom",
                "bottom-right")),
    ] = "bottom-right"  # fmt: skip
    tile: Annotated[bool, Help("All over the picture, instead of in one position")] = False
    opacity: Annotated[float, Help("0 unseen … 1 solid"), Range(0, 1)] = 0.5
    scale: Annotated[
        float, Help("The most it takes of the picture's width and height"), Range(0.01, 1)
    ] = 0.25
    colour: Annotated[str, Help("Colour of the words"), Pattern("#[0-9A-Fa-f]{6}", "#RRGGBB")] = (
        "#FFFFFF"
    )
    rotation: Annotated[float, Help("Turned to the left"), Range(-180, 180), Unit("°")] = 0
    output_format: KeptFormat = None
    quality: LossyQuality = None
    filename: Filename = None


@operation(name="tools.watermark", title="Put a watermark on a picture", output=Kind.IMAGE)
def watermark(ctx: RunContext, params: Params) -> Output:
    """The picture with words or another picture laid on it."""
    if (params.text is None) == (params.watermark is None):
        raise InvalidInput("Give text or a watermark picture, one of them.", field="text")
    form, about_format = media.same_format(params.image.path, params.output_format)
    if params.text is not None:
        drawn = media.lettering(params.text, _LETTERS_PX, params.colour)
    else:
        assert params.watermark is not None
        drawn = ctx.picture(params.watermark)
    written = media.WRITES[form]
    name = f"{safe_stem(params.filename or params.image.name)}.{written.ending}"
    path = ctx.scratch(name)
    mark = media.Mark(params.scale, params.opacity, params.rotation, params.position, params.tile)
    how = PictureFormat(form, quality=params.quality)
    width, height = media.watermark(params.image.path, path, drawn, mark, how)
    published = ctx.publish_file(path, name=name, mime=written.mime)
    facts = {"width": width, "height": height}
    return Output((published,), facts, (*about_format, *media.first_only(params.image.path)))
