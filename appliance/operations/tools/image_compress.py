"""Compress a picture: by quality, or to a size in kilobytes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from appliance import media
from appliance.core.errors import InvalidInput
from appliance.core.files import Kind, Upload, safe_stem
from appliance.core.operation import Output, RunContext, operation
from appliance.core.params import Accepts, Choice, Help, Range, Unit
from appliance.core.recurring import Filename

_LIMIT_PX = 100_000_000
_LABEL, _SIGNATURE = 1_000, 16_000  # bytes


@dataclass(frozen=True)
class Params:
    """What compressing takes."""

    image: Annotated[Upload, Help("Picture to compress"), Accepts(Kind.IMAGE)]
    target_kb: Annotated[
        int | None,
        Help("Largest size of the file, of 1000 bytes each: quality goes down to get there, and "
             "then the number of pixels"),
        Range(1, 50_000), Unit("kB"),
    ] = None  # fmt: skip
    quality: Annotated[
        int | None,
        Help("Instead of target_kb: 1 small … 100 fine, usually 75; png keeps all colours at 100 "
             "and 256 below"),
        Range(1, 100),
    ] = None  # fmt: skip
    output_format: Annotated[
        str | None, Help("Format of the result; none: as the picture came"),
        Choice(("webp", "jpeg", "avif", "png", "gif")),
    ] = None  # fmt: skip
    filename: Filename = None


@operation(name="tools.image_compress", title="Compress a picture", output=Kind.IMAGE)
def image_compress(ctx: RunContext, params: Params) -> Output:
    """A smaller file of the same picture, without metadata; never a larger one if it can be."""
    if params.target_kb is not None and params.quality is not None:
        raise InvalidInput("Give target_kb or quality, not both.", field="quality")
    source = params.image.path
    form, about_format = media.same_format(source, params.output_format)
    written = media.WRITES[form]
    name = f"{safe_stem(params.filename or params.image.name)}.{written.ending}"
    path = ctx.scratch(name)
    limit = None
    if params.target_kb is not None:
        limit = max(params.target_kb * 1000 - _room(source, written.mime), 1)
    made = media.compress(source, path, media.Goal(form, limit, params.quality))
    facts = {
        "width": made.width_px,
        "height": made.height_px,
        "bytes_before": params.image.bytes,
        "bytes": path.stat().st_size,
        "quality": made.quality,
        "percent": round(made.percent, 2),
    }
    published = ctx.publish_file(path, name=name, mime=written.mime)
    return Output((published,), facts, (*about_format, *made.warnings))


def _room(source: Path, mime: str) -> int:
    """Bytes that a generated picture's label takes, or its signature where a label has no place."""
    if not media.generated_as(source, limit_px=_LIMIT_PX):
        return 0
    return _LABEL if mime in media.DESCRIBES else _SIGNATURE
