"""Light a product from another side, and give it another shadow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from appliance import media
from appliance.core.abilities.person_mask import PERSON_MASK
from appliance.core.errors import InvalidInput, TooLarge
from appliance.core.files import Kind, Upload, stem
from appliance.core.operation import Output, PictureFormat, RunContext, operation
from appliance.core.params import Accepts, Choice, Help, Pattern, Range, Unit
from appliance.core.picture import Picture

_MOST_PX = 24_000_000  # it works in 32-bit light, some 12 times a picture's bytes
_LOST = 0.05  # of the shadow, from which on it is told


@dataclass(frozen=True)
class Params:
    """What relighting takes."""

    image: Annotated[Upload, Help("Photo of the product"), Accepts(Kind.IMAGE)]
    azimuth: Annotated[
        float,
        Help("Where the light comes from: 0 the camera, 90 the right, 180 behind, -90 the left"),
        Range(-360, 360),
        Unit("°"),
    ] = -45.0
    elevation: Annotated[
        float, Help("How high the light stands above the ground"), Range(0, 90), Unit("°")
    ] = 45.0
    intensity: Annotated[
        float, Help("0 the photo's own light only, 1 as strong as that, 2 twice"), Range(0, 2)
    ] = 1.0
    temperature: Annotated[
        float, Help("Colour of the light; 6500 is white, less is warmer"), Range(1700, 20000),
        Unit("K"),
    ] = 6500.0  # fmt: skip
    shadow: Annotated[
        str, Help("Shadow on the ground"), Choice(("contact", "cast", "reflection"))
    ] = "cast"
    opacity: Annotated[float, Help("How dark the shadow is; 0: none"), Range(0, 1)] = 0.5
    softness: Annotated[
        float, Help("0 a hard edge as of a small lamp, 1 as of a large one"), Range(0, 1)
    ] = 0.5
    shadow_colour: Annotated[
        str, Help("The shadow's colour"), Pattern("#[0-9A-Fa-f]{6}", "#RRGGBB")
    ] = "#000000"
    background: Annotated[
        str,
        Help("keep: the photo's own and its size; a colour, or transparent: the picture grows to "
             "hold the shadow"),
        Pattern("#[0-9A-Fa-f]{6}|transparent|keep", "#RRGGBB, transparent or keep"),
    ] = "keep"  # fmt: skip
    format: Annotated[
        str, Help("Format of the result"), Choice(("png", "jpeg", "webp", "avif"))
    ] = "png"


@operation(
    name="product.relight",
    title="Light a product anew",
    output=Kind.IMAGE,
    wants=(PERSON_MASK,),
)
def relight(ctx: RunContext, params: Params) -> Output:
    """The product under the light, with its shadow on the photo's background or another."""
    if params.background == "transparent" and params.format == "jpeg":
        raise InvalidInput(
            "JPEG has no transparency: choose format png or webp, or a background colour.",
            field="format",
        )
    picture = ctx.picture(params.image)
    _check_size(picture)
    ctx.progress(0.1)
    person = ctx.ability(PERSON_MASK).mask(picture) if ctx.has(PERSON_MASK) else None
    ctx.progress(0.2)
    cutout = media.cut_out(picture, person=person)
    doubts = media.doubts(cutout)
    ctx.progress(0.5)
    relit = media.relight(picture, cutout, _wish(params))
    ctx.progress(0.85)
    form = PictureFormat(params.format)
    published = ctx.publish(relit.picture, name=stem(params.image.name), format=form)
    facts = _facts(cutout, relit)
    return Output((published,), facts, (*doubts, *_warnings(relit, params)))


def _check_size(picture: Picture) -> None:
    if picture.width * picture.height > _MOST_PX:
        raise TooLarge(
            f"At most {_MOST_PX // 1_000_000} megapixels can be relit, and this picture has "
            f"{picture.width * picture.height / 1e6:.0f}. Make it smaller first.",
            field="image",
        )


def _wish(params: Params) -> media.Relighting:
    light = media.Light(params.azimuth, params.elevation, params.intensity, params.temperature)
    cast = media.Cast(params.shadow, params.opacity, params.softness)
    return media.Relighting(light, cast, params.shadow_colour, params.background)


def _facts(cutout: media.Cutout, relit: media.Relit) -> dict[str, Any]:
    photo = relit.photo
    return {
        "confidence": cutout.confidence,
        "plain_background": cutout.plain,
        "photo": {"x": photo.left, "y": photo.top, "width": photo.width, "height": photo.height},
        "engines": list(cutout.methods),
    }


def _warnings(relit: media.Relit, params: Params) -> Iterator[str]:
    if relit.lost > _LOST:
        yield (
            f"{relit.lost:.0%} of the shadow falls outside the photo: a higher elevation shortens "
            "it, and on a background colour or on transparency the picture grows to hold it."
        )
    if params.background == "keep" and params.opacity > 0 and params.shadow != "reflection":
        yield "The photo keeps the shadows it has; a background colour takes them away."
