"""Put a product in front of another background: a drawn set, or what a model makes of words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from appliance import media
from appliance.core.abilities.person_mask import PERSON_MASK
from appliance.core.abilities.text_to_image import TEXT_TO_IMAGE, Brief
from appliance.core.abilities.upscaler import UPSCALER
from appliance.core.errors import InvalidInput
from appliance.core.files import Kind, Upload, stem
from appliance.core.operation import Output, PictureFormat, RunContext, Sometimes, operation
from appliance.core.params import Accepts, Choice, Help, Length, Prompt, Range
from appliance.core.picture import Picture
from appliance.core.progress import Progress

_LAST_SEED = 2**53 - 1  # the largest whole number that every JSON reader keeps exact
_MADE_PX, _MULTIPLE, _LEAST_PX = 1024, 8, 256  # of the background that a model makes
_AROUND = (
    "an empty flat surface in the foreground with free space in the middle, softly out of focus "
    "behind it, product photography background, eye level"
)
_NOT = "text, watermark, logo, people, hands, product, bottle, box, clutter in the middle"


@dataclass(frozen=True)
class Params:
    """What another background takes."""

    image: Annotated[Upload, Help("Photo of the product"), Accepts(Kind.IMAGE)]
    prompt: Annotated[
        str | None,
        Help("What is behind it, in words: needs a model, which a style does not"),
        Length(1, 1500),
        Prompt(),
    ] = None
    style: Annotated[str | None, Help("A set drawn without a model"), Choice(media.SET_STYLES)] = (
        None
    )
    model: Annotated[str | None, Help("Model or alias, with a prompt"), Length(1, 80)] = None
    count: Annotated[int, Help("Pictures; each takes the next seed"), Range(1, 4)] = 1
    seed: Annotated[
        int | None, Help("Same seed, same picture; none: a new one"), Range(0, _LAST_SEED)
    ] = None
    keep_shadow: Annotated[
        bool, Help("The photo's own shadow instead of a made one, where it can be told")
    ] = False
    format: Annotated[
        str, Help("Format of the result"), Choice(("png", "jpeg", "webp", "avif"))
    ] = "png"

    def __post_init__(self) -> None:
        """Raises InvalidInput unless there is one of prompt and style."""
        if self.prompt is None and self.style is None:
            raise InvalidInput("Give a style, or a prompt.", field="style")
        if self.prompt is not None and self.style is not None:
            raise InvalidInput("Give a style or a prompt, not both.", field="prompt")
        if self.model is not None and self.prompt is None:
            raise InvalidInput("A style needs no model: name one with a prompt.", field="model")


@operation(
    name="product.background",
    title="Put a product in front of another background",
    output=Kind.IMAGE,
    wants=(PERSON_MASK,),
    sometimes=Sometimes(
        given=("prompt",),
        needs=(TEXT_TO_IMAGE,),
        wants=(UPSCALER,),
        otherwise="A style instead of a prompt needs no model.",
    ),
    from_photo=True,
)
def background(ctx: RunContext, params: Params) -> Output:
    """The product pixel for pixel at its place, `count` times; each takes the next seed."""
    assert params.seed is not None, "admission draws a seed where none was given"
    picture = ctx.picture(params.image)
    ctx.progress(0.05)
    person = ctx.ability(PERSON_MASK).mask(picture) if ctx.has(PERSON_MASK) else None
    cutout = media.cut_out(picture, person=person)
    doubts = media.doubts(cutout)
    kept = media.photo_shadow(picture, cutout) if params.keep_shadow else None
    seeds = [(params.seed + n) % (_LAST_SEED + 1) for n in range(params.count)]
    published = []
    for n, seed in enumerate(seeds):
        share = 0.85 / params.count
        with ctx.progress.part(0.15 + n * share, 0.15 + (n + 1) * share) as part:
            if params.prompt is None:
                made = media.on_style(cutout, str(params.style), seed, kept=kept)
            else:
                behind = _imagined(ctx, params.prompt, seed, picture, part)
                made = media.on_photo(cutout, behind, kept=kept)
        name = stem(params.image.name) + ("" if params.count == 1 else f"-{n + 1}")
        published.append(ctx.publish(made, name=name, format=PictureFormat(params.format)))
    facts = _facts(params, cutout, seeds)
    lacking = _lacking(kept_asked=params.keep_shadow, found=kept is not None)
    return Output(tuple(published), facts, (*doubts, *lacking))


def _imagined(
    ctx: RunContext, prompt: str, seed: int, picture: Picture, progress: Progress
) -> Picture:
    """What the model makes of the words, in the photo's shape."""
    scale = min(1.0, _MADE_PX / max(picture.width, picture.height))
    sides = (_side(picture.width * scale), _side(picture.height * scale))
    brief = Brief(f"{prompt}, {_AROUND}", *sides, seed, negative_prompt=_NOT)
    with progress.part(0.0, 0.8) as making:
        native = ctx.ability(TEXT_TO_IMAGE).generate(brief, making)
    times = max(picture.width / native.width, picture.height / native.height)
    if times <= 1.1 or not ctx.has(UPSCALER):
        return native
    with progress.part(0.8, 1.0) as part:
        factor = 2 if times <= 2 else 4
        return ctx.ability(UPSCALER).upscale(native, factor=factor, progress=part)


def _side(px: float) -> int:
    return max(_LEAST_PX, round(px / _MULTIPLE) * _MULTIPLE)


def _facts(params: Params, cutout: media.Cutout, seeds: list[int]) -> dict[str, Any]:
    facts: dict[str, Any] = {"seed": seeds[0], "confidence": cutout.confidence}
    if len(seeds) > 1:
        facts["seeds"] = seeds
    if params.style is not None:
        facts["style"] = params.style
    return facts | {"plain_background": cutout.plain, "engines": list(cutout.methods)}


def _lacking(*, kept_asked: bool, found: bool) -> Iterator[str]:
    if kept_asked and not found:
        yield (
            "The photo's own shadow cannot be told from its background, so a new one was made: "
            "that takes a photo on a plain background."
        )
