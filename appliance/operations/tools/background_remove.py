"""Take the background away from a picture, or put another in its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from appliance import media
from appliance.core.abilities.person_mask import PERSON_MASK
from appliance.core.errors import InvalidInput
from appliance.core.files import Kind, Upload, safe_stem
from appliance.core.operation import Output, PictureFormat, RunContext, operation
from appliance.core.params import Accepts, Choice, Help, Pattern, Range
from appliance.core.recurring import Filename


@dataclass(frozen=True)
class Params:
    """What taking a background away takes."""

    image: Annotated[Upload, Help("Picture of a product or a person"), Accepts(Kind.IMAGE)]
    background: Annotated[
        str, Help("What to put behind: a colour, or transparent"),
        Pattern("#[0-9A-Fa-f]{6}|transparent", "#RRGGBB or transparent"),
    ] = "transparent"  # fmt: skip
    background_image: Annotated[
        Upload | None, Help("Picture to put behind, filling the frame"), Accepts(Kind.IMAGE)
    ] = None
    output_format: Annotated[
        str, Help("Format of the result"), Choice(("png", "webp", "avif", "jpeg"))
    ] = "png"
    quality: Annotated[
        int | None, Help("1 small … 100 fine, for webp, avif, jpeg"), Range(1, 100)
    ] = None
    filename: Filename = None


@operation(
    name="tools.background_remove",
    title="Remove a background",
    output=Kind.IMAGE,
    wants=(PERSON_MASK,),
)
def background_remove(ctx: RunContext, params: Params) -> Output:
    """What stands before the background, at its size and place, on nothing or on another ground."""
    clear = params.background_image is None and params.background == "transparent"
    if clear and params.output_format == "jpeg":
        raise InvalidInput(
            "JPEG has no transparency: choose png, webp or avif, or a background colour.",
            field="output_format",
        )
    picture = ctx.picture(params.image)
    ctx.progress(0.1)
    person = ctx.ability(PERSON_MASK).mask(picture) if ctx.has(PERSON_MASK) else None
    ctx.progress(0.3)
    cutout = media.cut_out(picture, person=person)
    doubts = media.doubts(cutout)
    ctx.progress(0.8)
    behind = ctx.picture(params.background_image) if params.background_image else None
    made = media.grounded(cutout, behind or params.background)
    name = safe_stem(params.filename or params.image.name)
    published = ctx.publish(
        made, name=name, format=PictureFormat(params.output_format, quality=params.quality)
    )
    facts = {
        "width": made.width,
        "height": made.height,
        "confidence": cutout.confidence,
        "plain_background": cutout.plain,
        "engines": list(cutout.methods),
    }
    return Output((published,), facts, (*doubts, *media.first_only(params.image.path)))
