"""Cut a product out of its photo and put it into a frame for a shop."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Any

from appliance import media
from appliance.core.abilities.person_mask import PERSON_MASK
from appliance.core.errors import InvalidInput
from appliance.core.files import Kind, Upload, stem
from appliance.core.operation import Output, PictureFormat, Published, RunContext, operation
from appliance.core.params import Accepts, Choice, Help, Length, Pattern, Range, Unit
from appliance.core.picture import Picture

_SIDE = Range(64, 8000)


@dataclass(frozen=True)
class Params:
    """What framing a product photo takes."""

    image: Annotated[Upload, Help("Photo of the product"), Accepts(Kind.IMAGE)]
    preset: Annotated[
        str | None,
        Help("A marketplace whose rules give what is not said here: size, margin, background, "
             "format, quality"),
        Choice(media.MARKETPLACES),
    ] = None  # fmt: skip
    width: Annotated[
        int | None, Help("Width of the result; without a preset 2000"), _SIDE, Unit("px")
    ] = None
    height: Annotated[
        int | None, Help("Height of the result; without a preset 2000"), _SIDE, Unit("px")
    ] = None
    margin: Annotated[
        float | None,
        Help("Empty share of the shorter side, at each edge; without a preset 0.08"),
        Range(0, 0.45),
    ] = None
    jpeg_quality: Annotated[
        int | None, Help("1 small … 100 fine, lossy formats; without a preset 92"), Range(1, 100)
    ] = None
    preset_label: Annotated[
        str | None, Help("Free tag that comes back with the job"), Length(1, 120)
    ] = None
    background: Annotated[
        str | None,
        Help("Colour behind the product, transparent, or keep for the photo's own; without a "
             "preset #FFFFFF"),
        Pattern("#[0-9A-Fa-f]{6}|transparent|keep", "#RRGGBB, transparent or keep"),
    ] = None  # fmt: skip
    format: Annotated[
        str | None,
        Help("Format of the result; without a preset jpeg"),
        Choice(("jpeg", "png", "webp", "avif")),
    ] = None
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
    look = _look(params)
    if look.background == "transparent" and look.format == "jpeg":
        raise InvalidInput(
            "JPEG has no transparency: choose format png or webp, or a background colour.",
            field="format",
        )
    picture = ctx.picture(params.image)
    cutout = _cut_out(ctx, picture)
    doubts = media.doubts(cutout)
    ctx.progress(0.7)
    framing = media.Framing(look.width, look.height, look.margin, look.background, params.shadow)
    framed = media.frame(picture, cutout, framing)
    ctx.progress(0.85)
    published, broken = _publish(ctx, framed.picture, params, look)
    facts = _facts(cutout, framed, params, look)
    told = (*_warnings(framed, look, params), *broken, *media.first_only(params.image.path))
    return Output((published,), facts, (*doubts, *told))


def _look(params: Params) -> media.Preset:
    """The preset's look, or the usual one, with what the caller says for himself."""
    preset = media.book().marketplaces[params.preset].preset if params.preset else media.USUAL
    told = {"quality": params.jpeg_quality} | {
        name: getattr(params, name)
        for name in ("width", "height", "margin", "background", "format")
    }
    return replace(preset, **{name: value for name, value in told.items() if value is not None})


def _publish(
    ctx: RunContext, picture: Picture, params: Params, look: media.Preset
) -> tuple[Published, tuple[str, ...]]:
    """The file, and which of the preset's rules it breaks."""
    form, name = PictureFormat(look.format, quality=look.quality), stem(params.image.name)
    if params.preset is None:
        return ctx.publish(picture, name=name, format=form), ()
    market, written = media.book().marketplaces[params.preset], media.WRITES[look.format]
    path = ctx.scratch(f"{name}.{written.ending}")
    media.encode_within(picture, form, path, most_bytes=media.room_for(market))
    measured = media.measure(path, path.name, limit_px=picture.width * picture.height)
    broken = media.judge(measured.values, market).sentences()
    return ctx.publish_file(path, name=path.name, mime=written.mime), broken


def _cut_out(ctx: RunContext, picture: Picture) -> media.Cutout:
    ctx.progress(0.1)
    person = ctx.ability(PERSON_MASK).mask(picture) if ctx.has(PERSON_MASK) else None
    ctx.progress(0.2)
    return media.cut_out(picture, person=person)


def _facts(
    cutout: media.Cutout, framed: media.Framed, params: Params, look: media.Preset
) -> dict[str, Any]:
    box = framed.box
    facts: dict[str, Any] = {
        "confidence": cutout.confidence,
        "plain_background": cutout.plain,
        "fill": framed.fill,
        "frame_fill": round(max(box.width / look.width, box.height / look.height), 4),
        "scale": round(framed.scale, 4),
        "border_touch": round(cutout.touching, 4),
        "subject": {"x": box.left, "y": box.top, "width": box.width, "height": box.height},
        "engines": list(cutout.methods),
    }
    told = {"preset": params.preset, "preset_label": params.preset_label}
    return facts | {name: value for name, value in told.items() if value}


def _warnings(framed: media.Framed, look: media.Preset, params: Params) -> Iterator[str]:
    if framed.scale > 1:
        yield (
            f"The product was enlarged {framed.scale:.2g} times; "
            "a larger photo, or image.upscale first, gives a sharper result."
        )
    if look.background == "keep" and params.shadow != "none":
        yield "With the photo's own background no shadow is added: it has its own."
