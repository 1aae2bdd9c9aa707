"""Cut a product out of its photo and put it into a frame for a shop."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from appliance import media
from appliance.core.abilities.person_mask import PERSON_MASK
from appliance.core.errors import InvalidInput
from appliance.core.files import Kind, Upload, stem
from appliance.core.operation import Output, PictureFormat, RunContext, operation
from appliance.core.params import Accepts, Choice, Help, Length, Pattern, Range, Unit
from appliance.core.picture import Picture

_SIDE = Range(64, 8000)


@dataclass(frozen=True)
class Params:
    """What framing a product photo takes."""

    image: Annotated[Upload, Help("Photo of the product"), Accepts(Kind.IMAGE)]
    width: Annotated[int, Help("Width of the result"), _SIDE, Unit("px")] = 2000
    height: Annotated[int, Help("Height of the result"), _SIDE, Unit("px")] = 2000
    margin: Annotated[
        float, Help("Empty share of the shorter side, at each edge"), Range(0, 0.45)
    ] = 0.08
    jpeg_quality: Annotated[int, Help("1 small … 100 fine, for lossy formats"), Range(1, 100)] = 92
    preset_label: Annotated[
        str | None, Help("Free tag that comes back with the job"), Length(1, 120)
    ] = None
    background: Annotated[
        str,
        Help("Colour behind the product, transparent, or keep for the photo's own"),
        Pattern("#[0-9A-Fa-f]{6}|transparent|keep", "#RRGGBB, transparent or keep"),
    ] = "#FFFFFF"
    format: Annotated[
        str, Help("Format of the result"), Choice(("jpeg", "png", "webp", "avif"))
    ] = "jpeg"
    shadow: Annotated[
        str, Help("Shadow under the product"), Choice(("none", "contact", "drop"))
    ] = "none"


@operation(
    name="product.process",
    title="Cut out and frame a product photo",
    output=Kind.IMAGE,
    wants=(PERSON_MASK,),
)
def process(ctx: RunContext, params: Params) -> Output:
    """The product cut out, centred, filling the frame inside the margin, on the background."""
    if params.background == "transparent" and params.format == "jpeg":
        raise InvalidInput(
            "JPEG has no transparency: choose format png or webp, or a background colour.",
            field="format",
        )
    picture = ctx.picture(params.image)
    cutout = _cut_out(ctx, picture)
    doubts = media.doubts(cutout)
    ctx.progress(0.7)
    framing = media.Framing(
        params.width, params.height, params.margin, params.background, params.shadow
    )
    framed = media.frame(picture, cutout, framing)
    ctx.progress(0.85)
    form = PictureFormat(params.format, quality=params.jpeg_quality)
    published = ctx.publish(framed.picture, name=stem(params.image.name), format=form)
    facts = _facts(cutout, framed, params)
    return Output((published,), facts, (*doubts, *_warnings(framed, params)))


def _cut_out(ctx: RunContext, picture: Picture) -> media.Cutout:
    ctx.progress(0.1)
    person = ctx.ability(PERSON_MASK).mask(picture) if ctx.has(PERSON_MASK) else None
    ctx.progress(0.2)
    return media.cut_out(picture, person=person)


def _facts(cutout: media.Cutout, framed: media.Framed, params: Params) -> dict[str, Any]:
    box = framed.box
    facts: dict[str, Any] = {
        "confidence": cutout.confidence,
        "plain_background": cutout.plain,
        "fill": framed.fill,
        "frame_fill": round(max(box.width / params.width, box.height / params.height), 4),
        "scale": round(framed.scale, 4),
        "border_touch": round(cutout.touching, 4),
        "subject": {"x": box.left, "y": box.top, "width": box.width, "height": box.height},
        "engines": list(cutout.methods),
    }
    if params.preset_label:
        facts["preset_label"] = params.preset_label
    return facts


def _warnings(framed: media.Framed, params: Params) -> Iterator[str]:
    if framed.scale > 1:
        yield (
            f"The product was enlarged {framed.scale:.2g} times; "
            "a larger photo, or image.upscale first, gives a sharper result."
        )
    if params.background == "keep" and params.shadow != "none":
        yield "With the photo's own background no shadow is added: it has its own."
