"""Crop a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from appliance import media
from appliance.core.errors import InvalidInput
from appliance.core.files import Kind, Upload, safe_stem
from appliance.core.operation import Output, PictureFormat, RunContext, operation
from appliance.core.params import Accepts, Choice, Help, Pattern, Range, Unit
from appliance.core.recurring import Filename, KeptFormat, LossyQuality

_SIDE, _AT = Range(1, 16384), Range(0, 65535)
_NEEDED = "Give width and height, or aspect (such as 4:5) with one of them or none."


@dataclass(frozen=True)
class Params:
    """What cropping takes."""

    image: Annotated[Upload, Help("Picture to crop"), Accepts(Kind.IMAGE)]
    width: Annotated[int | None, Help("Width of the result"), _SIDE, Unit("px")] = None
    height: Annotated[int | None, Help("Height of the result"), _SIDE, Unit("px")] = None
    aspect: Annotated[
        str | None, Help("Shape of the result, width to height, as 4:5"),
        Pattern(r"[1-9][0-9]{0,3}:[1-9][0-9]{0,3}", "two whole numbers, as 4:5"),
    ] = None  # fmt: skip
    mode: Annotated[
        str,
        Help("smart: the largest part of that shape, where most stands out, scaled to the size; "
             "center: the same from the middle; box: width × height pixels from x, y, as they are"),
        Choice(("smart", "center", "box")),
    ] = "smart"  # fmt: skip
    x: Annotated[int, Help("Left edge of the box"), _AT, Unit("px")] = 0
    y: Annotated[int, Help("Upper edge of the box"), _AT, Unit("px")] = 0
    output_format: KeptFormat = None
    quality: LossyQuality = None
    filename: Filename = None


@operation(name="tools.image_crop", title="Crop a picture", output=Kind.IMAGE)
def image_crop(ctx: RunContext, params: Params) -> Output:
    """A part of the picture: the largest of a shape, or a box of pixels."""
    source = params.image.path
    form, about_format = media.same_format(source, params.output_format)
    written = media.WRITES[form]
    name = f"{safe_stem(params.filename or params.image.name)}.{written.ending}"
    path = ctx.scratch(name)
    cut = _cut(params, PictureFormat(form, quality=params.quality))
    box, (width, height) = media.crop(source, path, cut)
    published = ctx.publish_file(path, name=name, mime=written.mime)
    facts = {
        "width": width,
        "height": height,
        "box": {"x": box.left, "y": box.top, "width": box.width, "height": box.height},
    }
    enlarged = () if width <= box.width else (_about(width / box.width),)
    return Output((published,), facts, (*about_format, *enlarged, *media.first_only(source)))


def _cut(params: Params, form: PictureFormat) -> media.Cut:
    width, height = params.width, params.height
    if params.mode == "box":
        if width is None or height is None:
            raise InvalidInput("A box needs width and height.", field="width")
        return media.Cut(form, box=media.Box(params.x, params.y, width, height))
    if params.aspect and width and height:
        raise InvalidInput("With width and height there is no aspect to give.", field="aspect")
    if params.aspect:
        across, down = map(int, params.aspect.split(":"))
        aspect = across / down
    elif width and height:
        aspect = width / height
    else:
        raise InvalidInput(_NEEDED, field="aspect")
    return media.Cut(form, aspect=aspect, size=_size(params, aspect), smart=params.mode == "smart")


def _size(params: Params, aspect: float) -> tuple[int, int] | None:
    width, height = params.width, params.height
    if not width and not height:
        return None
    size = (width or round((height or 1) * aspect), height or round((width or 1) / aspect))
    if min(size) < 1 or max(size) > _SIDE.high:
        raise InvalidInput(f"That shape would be {size[0]} × {size[1]} pixels.", field="aspect")
    return size


def _about(times: float) -> str:
    return (
        f"The part was enlarged {times:.2g} times; a larger picture, or image-upscale first, "
        "gives a sharper result."
    )
