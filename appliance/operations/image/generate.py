"""Make pictures from words; from a picture too, or in a masked part of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any

from appliance import media
from appliance.core.abilities.text_to_image import TEXT_TO_IMAGE, Brief
from appliance.core.abilities.upscaler import UPSCALER
from appliance.core.errors import InvalidInput
from appliance.core.files import Kind, Upload
from appliance.core.operation import Output, PictureFormat, RunContext, operation
from appliance.core.params import Accepts, Choice, Help, Length, Multiple, Prompt, Range, Unit
from appliance.core.picture import Picture
from appliance.core.progress import Progress

_LAST_SEED = 2**53 - 1  # the largest whole number that every JSON reader keeps exact
_FORMATS = Choice(("png", "jpeg", "webp"))
_WORTH_A_NETWORK = 1.1  # times larger; below that the eye sees no more than Lanczos gives


@dataclass(frozen=True)
class Params:
    """What making a picture takes."""

    prompt: Annotated[str, Help("What the picture shows"), Length(1, 2000), Prompt()]
    negative_prompt: Annotated[str, Help("What it must not show"), Length(0, 2000)] = ""
    model: Annotated[str | None, Help("Model or alias; none: the box's own"), Length(1, 80)] = None
    width: Annotated[int, Help("Width"), Range(256, 2048), Multiple(8), Unit("px")] = 1024
    height: Annotated[int, Help("Height"), Range(256, 2048), Multiple(8), Unit("px")] = 1024
    steps: Annotated[int | None, Help("Sampling steps; none: the model's"), Range(1, 100)] = None
    guidance_scale: Annotated[
        float | None, Help("How closely to follow the prompt; none: the model's"), Range(0, 30)
    ] = None
    seed: Annotated[
        int | None, Help("Same seed, same picture; none: a new one"), Range(0, _LAST_SEED)
    ] = None
    count: Annotated[int, Help("Pictures; each takes the next seed"), Range(1, 4)] = 1
    image: Annotated[
        Upload | None, Help("Picture to start from, cropped to the size"), Accepts(Kind.IMAGE)
    ] = None
    strength: Annotated[
        float | None, Help("How much of it changes; none: 0.6, with a mask 1"), Range(0, 1)
    ] = None
    mask: Annotated[Upload | None, Help("White: may change"), Accepts(Kind.IMAGE)] = None
    character: Annotated[str | None, Help("Character to show, by id"), Length(1, 80)] = None
    character_weight: Annotated[float, Help("How much; 1: as trained"), Range(0, 2)] = 1.0
    scheduler: Annotated[
        str | None, Help("Sampling schedule such as euler; none: the model's"), Length(1, 40)
    ] = None
    output_format: Annotated[str, Help("File format"), _FORMATS] = "png"

    def __post_init__(self) -> None:
        """Raises InvalidInput for a mask or a strength without a picture."""
        for name in ("mask", "strength"):
            if self.image is None and getattr(self, name) is not None:
                raise InvalidInput(f"{name} needs an image to start from.", field=name)


@operation(
    name="image.generate",
    title="Make a picture",
    output=Kind.IMAGE,
    needs=(TEXT_TO_IMAGE,),
    wants=(UPSCALER,),
    from_photo=True,
)
def generate(ctx: RunContext, params: Params) -> Output:
    """`count` pictures of exactly the size asked for; each takes the seed after the last one's."""
    brief = _brief(ctx, params)
    published, seeds = [], []
    for n in range(params.count):
        one = replace(brief, seed=(brief.seed + n) % (_LAST_SEED + 1))
        with ctx.progress.part(n / params.count, (n + 1) / params.count) as part:
            with part.part(0.0, 0.85) as making:
                native = ctx.ability(TEXT_TO_IMAGE).generate(one, making)
            picture = _sized(ctx, one, native, part)
        name = "picture" if params.count == 1 else f"picture-{n + 1}"
        form = PictureFormat(params.output_format)
        published.append(ctx.publish(picture, name=name, format=form))
        seeds.append(one.seed)
    facts = _facts(params, seeds, native) | ctx.ability(TEXT_TO_IMAGE).settle(brief).used
    return Output(tuple(published), facts, _warnings(params, native))


def _brief(ctx: RunContext, params: Params) -> Brief:
    assert params.seed is not None, "admission draws a seed where none was given"
    mask = _fitted(ctx, params.mask, params)
    usual = 0.6 if mask is None else 1.0
    character = ctx.character(params.character) if params.character else None
    return Brief(
        prompt=character.prompt(params.prompt) if character else params.prompt,
        width=params.width,
        height=params.height,
        seed=params.seed,
        negative_prompt=params.negative_prompt,
        steps=params.steps,
        guidance=params.guidance_scale,
        scheduler=params.scheduler,
        start=_fitted(ctx, params.image, params),
        strength=usual if params.strength is None else params.strength,
        mask=media.as_mask(mask) if mask else None,
        character=character,
        character_weight=params.character_weight,
    )


def _fitted(ctx: RunContext, upload: Upload | None, params: Params) -> Picture | None:
    """The upload at the size asked for, cropped in the middle to its shape."""
    if upload is None:
        return None
    fitted: Picture = media.resize(ctx.picture(upload), params.width, params.height)
    return fitted


def _sized(ctx: RunContext, brief: Brief, native: Picture, progress: Progress) -> Picture:
    """The native picture at the size asked for: enlarged by a network where there is one."""
    asked = (brief.width, brief.height)
    if (native.width, native.height) == asked:
        return native
    times = max(brief.width / native.width, brief.height / native.height)
    if times > _WORTH_A_NETWORK and ctx.has(UPSCALER):
        with progress.part(0.85, 1.0) as part:
            factor = 2 if times <= 2 else 4
            native = ctx.ability(UPSCALER).upscale(native, factor=factor, progress=part)
    sized: Picture = media.resize(native, *asked)
    if brief.start is not None and brief.mask is not None:
        # What the mask keeps must not be a copy that went down in size and up again.
        sized = media.blend(brief.start, sized, brief.mask)
    return sized


def _facts(params: Params, seeds: list[int], native: Picture) -> dict[str, Any]:
    facts: dict[str, Any] = {"seed": seeds[0]}
    if len(seeds) > 1:
        facts["seeds"] = seeds
    if (native.width, native.height) != (params.width, params.height):
        facts["native_size"] = [native.width, native.height]
    return facts


def _warnings(params: Params, native: Picture) -> tuple[str, ...]:
    if (native.width, native.height) == (params.width, params.height):
        return ()
    return (
        f"The picture was made at the model's native {native.width}×{native.height} px and then "
        f"resized to {params.width}×{params.height} px.",
    )
