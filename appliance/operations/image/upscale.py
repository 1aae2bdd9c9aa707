"""Enlarge a picture two or four times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from appliance.core.abilities.upscaler import UPSCALER
from appliance.core.errors import TooLarge
from appliance.core.files import Kind, Upload, stem
from appliance.core.operation import Output, PictureFormat, RunContext, operation
from appliance.core.params import Accepts, Choice, Help, Length
from appliance.core.picture import Picture

_MOST_PIXELS = 64_000_000  # of the result


@dataclass(frozen=True)
class Params:
    """What enlarging takes."""

    image: Annotated[Upload, Help("Picture to enlarge"), Accepts(Kind.IMAGE)]
    factor: Annotated[int, Help("Times larger, each side"), Choice((2, 4))] = 2
    model: Annotated[str | None, Help("Model or alias; none: the box's own"), Length(1, 80)] = None
    output_format: Annotated[str, Help("Format of the result"), Choice(("png", "jpeg", "webp"))] = (
        "png"
    )


@operation(name="image.upscale", title="Enlarge a picture", output=Kind.IMAGE, needs=(UPSCALER,))
def upscale(ctx: RunContext, params: Params) -> Output:
    """The picture with `factor` times as many pixels each way; alpha is kept."""
    picture = ctx.picture(params.image)
    _check_size(picture, params.factor)
    with ctx.progress.part(0.05, 0.95) as part:
        large = ctx.ability(UPSCALER).upscale(picture, factor=params.factor, progress=part)
    name = f"{stem(params.image.name)}-x{params.factor}"
    published = ctx.publish(large, name=name, format=PictureFormat(params.output_format))
    return Output(
        (published,), {"factor": params.factor, "from_size": [picture.width, picture.height]}
    )


def _check_size(picture: Picture, factor: int) -> None:
    pixels = picture.width * picture.height * factor**2
    if pixels > _MOST_PIXELS:
        raise TooLarge(
            f"The result would have {pixels / 1e6:.0f} megapixels; "
            f"at most {_MOST_PIXELS / 1e6:.0f} are made.",
            field="image",
            details={"pixels": pixels, "limit": _MOST_PIXELS},
        )
