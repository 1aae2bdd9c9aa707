"""Crop a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from appliance import media
from appliance.core.errors import InvalidInput
from appliance.core.files import Kind, Upload, safe_name, stem
from appliance.core.operation import Output, PictureFormat, RunContext, operation
from appliance.core.params import Accepts, Choice, Help, Length, Pattern, Range, Unit
from appliance.core.picture import Picture

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
    output_format: Annotated[
        str | None, Help("Format of the result; none: as the picture came"),
        Choice(("webp", "png", "jpeg", "avif", "gif", "tiff", "bmp")),
    ] = None  # fmt: skip
    quality: Annotated[
        int | None, Help("1 small … 100 fine, for jpeg, webp, avif"), Range(1, 100)
    ] = None
    filename: Annotated[str | None, Help("Its stem names the result"), Length(1, 200)] = None


@operation(name="tools.image_crop", title="Crop a picture", output=Kind.IMAGE)
def image_crop(ctx: RunContext, params: Params) -> Output:
    """A part of the picture: the largest of a shape, or a box of pixels."""
    form, about_format = media.same_format(params.image.path, params.output_format)
    picture = ctx.picture(params.image)
    made, box = _boxed(picture, params) if params.mode == "box" else _shaped(picture, params)
    name = stem(safe_name(params.filename or params.image.name))
    published = ctx.publish(made, name=name, format=PictureFormat(form, quality=params.quality))
    facts = {
        "width": made.width,
        "height": made.height,
        "box": {"x": box.left, "y": box.top, "width": box.width, "height": box.height},
    }
    enlarged = () if made.width <= box.width else (_about(made, box),)
    left_out = media.first_only(params.image.path)
    return Output((published,), facts, (*about_format, *enlarged, *left_out))


def _boxed(picture: Picture, params: Params) -> tuple[Picture, media.Box]:
    if params.width is None or params.height is None:
        raise InvalidInput("A box needs width and height.", field="width")
    box = media.Box(params.x, params.y, params.width, params.height)
    return media.cut_box(picture, box), box


def _shaped(picture: Picture, params: Params) -> tuple[Picture, media.Box]:
    width, height = params.width, params.height
    if params.aspect:
        across, down = map(int, params.aspect.split(":"))
        if width and height:
            raise InvalidInput("With width and height there is no aspect to give.", field="aspect")
        aspect = across / down
    elif width and height:
        aspect = width / height
    else:
        raise InvalidInput(_NEEDED, field="aspect")
    part, box = media.crop(picture, aspect, smart=params.mode == "smart")
    if not width and not height:
        return part, box
    size = (width or round((height or 1) * aspect), height or round((width or 1) / aspect))
    if min(size) < 1 or max(size) > _SIDE.high:
        raise InvalidInput(f"That shape would be {size[0]} × {size[1]} pixels.", field="aspect")
    return media.resize(part, *size, fit="fill"), box


def _about(made: Picture, box: media.Box) -> str:
    return (
        f"The part was enlarged {made.width / box.width:.2g} times; a larger picture, or "
        "image-upscale first, gives a sharper result."
    )
