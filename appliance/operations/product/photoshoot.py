"""A series of pictures of one product: a set, an angle, a light."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from appliance import media
from appliance.core.abilities.person_mask import PERSON_MASK
from appliance.core.abilities.text_to_image import TEXT_TO_IMAGE, Brief
from appliance.core.errors import InvalidInput
from appliance.core.files import Kind, Upload, stem
from appliance.core.operation import Output, RunContext, Sometimes, operation
from appliance.core.params import Accepts, Choice, Help, Length, Pattern, Prompt, Range, Unit
from appliance.core.picture import Picture
from appliance.core.progress import Progress

_LAST_SEED = 2**53 - 1
_MADE_PX = 1024
_WORDS = {
    "studio-white": "plain seamless white studio backdrop",
    "lifestyle": "bright modern living room, wooden table in the foreground",
    "outdoor": "garden in soft daylight, grass in the foreground",
    "flat-lay": "flat textured table top seen from straight above",
    "custom": "plain studio backdrop",
}
_AROUND = "empty, free space in the middle, softly blurred, product photography background"
_NOT = "text, watermark, logo, people, hands, product"
_CELL_PX = 600
_ENLARGED = 1.5


@dataclass(frozen=True)
class Params:
    """What a photo shoot takes."""

    image: Annotated[Upload, Help("Photo of the product"), Accepts(Kind.IMAGE)]
    background: Annotated[str, Help("The set"), Choice(media.SET_BACKGROUNDS)] = "studio-white"
    angle: Annotated[
        str, Help("Framing and ground; the product is seen as in its photo"),
        Choice(media.SET_ANGLES),
    ] = "front"  # fmt: skip
    lighting: Annotated[str, Help("The light"), Choice(media.SET_LIGHTINGS)] = "studio"
    count: Annotated[int, Help("Pictures"), Range(1, 4)] = 1
    colour: Annotated[
        str | None, Help("custom: paper of this colour"), Pattern("#[0-9A-Fa-f]{6}", "#RRGGBB")
    ] = None
    behind: Annotated[
        Upload | None, Help("custom: a picture that fills the frame"), Accepts(Kind.IMAGE)
    ] = None
    prompt: Annotated[
        str | None, Help("custom: what is behind it, in words: needs a model"), Length(1, 1500),
        Prompt(),
    ] = None  # fmt: skip
    model: Annotated[
        str | None, Help("Model or alias that makes the set; none: it is drawn"), Length(1, 80)
    ] = None
    side: Annotated[int, Help("Width and height"), Range(512, 3000), Unit("px")] = 1600
    seed: Annotated[
        int | None, Help("Same seed, same pictures; none: a new one"), Range(0, _LAST_SEED)
    ] = None

    def __post_init__(self) -> None:
        """Raises InvalidInput unless custom, and nothing else, comes with one background."""
        own = [name for name in ("colour", "behind", "prompt") if getattr(self, name) is not None]
        if self.background == "custom" and len(own) != 1:
            raise InvalidInput(
                "A custom background is one of: a colour, a picture, or words.", field="background"
            )
        if self.background != "custom" and own:
            raise InvalidInput(f"{own[0]} goes with the background custom.", field=own[0])
        if self.model is not None and (self.colour or self.behind):
            raise InvalidInput("A colour or a picture needs no model.", field="model")


@operation(
    name="product.photoshoot",
    title="Photograph a product",
    output=Kind.IMAGE,
    wants=(PERSON_MASK,),
    sometimes=Sometimes(
        given=("prompt", "model"),
        needs=(TEXT_TO_IMAGE,),
        otherwise="Without words and without a model's name the set is drawn, which needs none.",
    ),
    from_photo=True,
)
def photoshoot(ctx: RunContext, params: Params) -> Output:
    """`count` square pictures that differ in framing, light and set; then all on one sheet."""
    assert params.seed is not None, "admission draws a seed where none was given"
    picture = ctx.picture(params.image)
    person = ctx.ability(PERSON_MASK).mask(picture) if ctx.has(PERSON_MASK) else None
    ctx.progress(0.05)
    cutout = media.cut_out(picture, person=person)
    doubts = media.doubts(cutout)
    name, taken = stem(params.image.name), []
    share = 0.8 / params.count
    for n in range(params.count):
        with ctx.progress.part(0.15 + n * share, 0.15 + (n + 1) * share) as part:
            behind = _behind(ctx, params, n, part)
            look = (params.angle, params.lighting, params.side)
            taken.append(media.shoot(cutout, media.Shot(behind, *look, params.seed, n)))
    published = [ctx.publish(each.picture, name=f"{name}-{n + 1}") for n, each in enumerate(taken)]
    if len(taken) > 1:
        sheet = media.contact_sheet([each.picture for each in taken], _CELL_PX)
        published.append(ctx.publish(sheet, name=f"{name}-sheet"))
    facts = {
        "seed": params.seed,
        "photo_count": len(taken),
        "background": params.background,
        "angle": params.angle,
        "lighting": params.lighting,
        "confidence": cutout.confidence,
        "engines": list(cutout.methods),
    }
    return Output(tuple(published), facts, (*doubts, *_warnings(taken)))


def _behind(ctx: RunContext, params: Params, n: int, progress: Progress) -> str | Picture:
    if params.behind is not None:
        return ctx.picture(params.behind)
    if params.colour is not None:
        return params.colour
    if params.prompt is None and params.model is None:
        return params.background
    assert params.seed is not None
    words = f"{params.prompt or _WORDS[params.background]}, {_AROUND}"
    seed = (params.seed + n) % (_LAST_SEED + 1)
    brief = Brief(words, _MADE_PX, _MADE_PX, seed, negative_prompt=_NOT)
    return ctx.ability(TEXT_TO_IMAGE).generate(brief, progress)


def _warnings(taken: list[media.Taken]) -> Iterator[str]:
    most = max(each.scale for each in taken)
    if most > _ENLARGED:
        yield f"The product was enlarged {most:.2g} times; a larger photo gives a sharper result."
