"""Lay pictures side by side in a grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from appliance import media
from appliance.core.errors import InvalidInput
from appliance.core.files import Kind, Upload, safe_stem
from appliance.core.operation import Output, PictureFormat, RunContext, operation
from appliance.core.params import Accepts, Choice, Help, Length, Pattern, Range, Unit
from appliance.core.recurring import Filename, LossyQuality

_MOST_PIXELS = 64_000_000  # of the whole
_CELL = Range(16, 4096)


@dataclass(frozen=True)
class Params:
    """What a collage takes."""

    images: Annotated[
        tuple[Upload, ...], Help("Pictures in reading order"), Accepts(Kind.IMAGE), Length(2, 50)
    ]
    columns: Annotated[int | None, Help("Pictures in a row; none: a square"), Range(1, 50)] = None
    gap: Annotated[int, Help("Between pictures and around them"), Range(0, 500), Unit("px")] = 16
    background: Annotated[
        str, Help("Colour of the gaps, or transparent"),
        Pattern("#[0-9A-Fa-f]{6}|transparent", "#RRGGBB or transparent"),
    ] = "#FFFFFF"  # fmt: skip
    cell_width: Annotated[int, Help("Width of a picture's place"), _CELL, Unit("px")] = 600
    cell_height: Annotated[int, Help("Height of a picture's place"), _CELL, Unit("px")] = 600
    fit: Annotated[
        str, Help("cover fills its place and crops, contain shows all"),
        Choice(("cover", "contain")),
    ] = "cover"  # fmt: skip
    output_format: Annotated[
        str, Help("Format of the result"), Choice(("jpeg", "png", "webp", "avif"))
    ] = "jpeg"
    quality: LossyQuality = None
    filename: Filename = None


@operation(name="tools.collage", title="Make a collage", output=Kind.IMAGE)
def collage(ctx: RunContext, params: Params) -> Output:
    """All pictures in one, in a grid of equal places."""
    if params.background == "transparent" and params.output_format == "jpeg":
        raise InvalidInput(
            "JPEG has no transparency: choose png, webp or avif, or a background colour.",
            field="output_format",
        )
    look = media.Collage(
        cell=(params.cell_width, params.cell_height),
        columns=params.columns,
        gap=params.gap,
        fit=params.fit,
        background=params.background,
    )
    paths = [upload.path for upload in params.images]
    made = media.collage(
        paths,
        look,
        limit_px=_MOST_PIXELS,
        each=lambda done: ctx.progress(0.9 * done / len(paths)),
    )
    published = ctx.publish(
        made,
        name=safe_stem(params.filename or "collage", fallback="collage"),
        format=PictureFormat(params.output_format, quality=params.quality),
    )
    columns, rows = look.grid(len(paths))
    facts = {"width": made.width, "height": made.height, "columns": columns, "rows": rows}
    left_out = (
        f"Picture {number}: {said}"
        for number, path in enumerate(paths, 1)
        for said in media.first_only(path)
    )
    return Output((published,), facts, tuple(left_out))
