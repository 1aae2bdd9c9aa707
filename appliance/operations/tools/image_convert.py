"""Convert a picture: format, size, metadata."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from appliance import media
from appliance.core.files import Kind, Upload, safe_stem
from appliance.core.operation import Output, PictureFormat, RunContext, operation
from appliance.core.params import Accepts, Choice, Help, Range, Unit
from appliance.core.recurring import Filename

_FORMATS = ("webp", "png", "jpeg", "avif", "gif", "tiff", "bmp", "ico", "pdf")
_FITS = ("cover", "contain", "fill", "inside", "outside")
_SIDE = Range(1, 16384)


@dataclass(frozen=True)
class Params:
    """What converting takes."""

    image: Annotated[Upload, Help("Picture to convert"), Accepts(Kind.IMAGE)]
    output_format: Annotated[str, Help("Format of the result"), Choice(_FORMATS)]
    quality: Annotated[
        int | None, Help("1 small … 100 fine, for jpeg, webp, avif, pdf"), Range(1, 100)
    ] = None
    lossless: Annotated[bool, Help("Keep every pixel, in webp and avif")] = False
    width: Annotated[int | None, Help("New width"), _SIDE, Unit("px")] = None
    height: Annotated[int | None, Help("New height"), _SIDE, Unit("px")] = None
    fit: Annotated[
        str,
        Help("With both sides: cover crops, contain adds borders, fill stretches, inside and "
             "outside keep the shape within or around them"),
        Choice(_FITS),
    ] = "inside"  # fmt: skip
    filename: Filename = None
    strip_metadata: Annotated[
        bool, Help("Leave out EXIF data; the place is left out in any case")
    ] = True


@operation(name="tools.image_convert", title="Convert a picture", output=Kind.IMAGE)
def image_convert(ctx: RunContext, params: Params) -> Output:
    """The picture in another format, upright and in sRGB; animations stay so where they can."""
    written = media.WRITES[params.output_format]
    name = f"{safe_stem(params.filename or params.image.name)}.{written.ending}"
    wish = media.Wish(
        format=PictureFormat(
            params.output_format,
            quality=params.quality,
            lossless=params.lossless and written.lossless,
        ),
        width=params.width,
        height=params.height,
        fit=params.fit,
        strip_metadata=params.strip_metadata,
    )
    path = ctx.scratch(name)
    # The file itself, not ctx.picture: its frames and metadata matter here.
    made = media.convert(params.image.path, path, wish)
    published = ctx.publish_file(path, name=name, mime=written.mime)
    facts = {"width": made.width_px, "height": made.height_px, "frames": made.frames}
    return Output((published,), facts, (*_about_quality(params), *made.warnings))


def _about_quality(params: Params) -> tuple[str, ...]:
    written, name = media.WRITES[params.output_format], params.output_format.upper()
    if params.lossless and not (written.lossless or written.exact):
        return (f"{name} cannot be lossless here: choose png, webp, avif or tiff for that.",)
    if params.quality is not None and (written.exact or params.output_format == "gif"):
        return (f"quality has no meaning for {name} and was left aside.",)
    return ()
