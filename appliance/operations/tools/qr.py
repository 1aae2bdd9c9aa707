"""Make a QR code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from appliance import media
from appliance.core.errors import InvalidInput
from appliance.core.files import Kind, Upload, safe_stem
from appliance.core.operation import Output, RunContext, operation
from appliance.core.params import Accepts, Choice, Help, Length, Pattern, Range, Unit

_BYTES = 2953  # what version 40 holds at level L
_MIMES = {
    "png": "image/png",
    "svg": "image/svg+xml",
    "webp": "image/webp",
    "pdf": "application/pdf",
}
_COLOUR = Pattern(r"#[0-9A-Fa-f]{6}(?:[0-9A-Fa-f]{2})?|transparent", "#RRGGBB or transparent")


@dataclass(frozen=True)
class Params:
    """What a QR code takes."""

    text: Annotated[str, Help("Text or link the code says, at most 2953 bytes"), Length(1, _BYTES)]
    output_format: Annotated[str, Help("Format of the file"), Choice(tuple(_MIMES))] = "png"
    size: Annotated[int, Help("Width and height with the margin"), Range(64, 4096), Unit("px")] = (
        1024
    )
    margin: Annotated[
        int, Help("Empty border; the standard asks for 4"), Range(0, 64), Unit("modules")
    ] = 4
    error_correction: Annotated[
        str, Help("How much damage it survives, at least: L 7 %, M 15 %, Q 25 %, H 30 %"),
        Choice(("L", "M", "Q", "H")),
    ] = "M"  # fmt: skip
    foreground: Annotated[str, Help("Colour of the modules"), _COLOUR] = "#000000"
    background: Annotated[str, Help("Colour behind them"), _COLOUR] = "#FFFFFF"
    logo: Annotated[
        Upload | None, Help("Picture for the middle; raises the correction"), Accepts(Kind.IMAGE)
    ] = None
    filename: Annotated[str | None, Help("Name of the result"), Length(1, 200)] = None


@operation(name="tools.qr", title="Make a QR code", output=Kind.IMAGE)
def qr(ctx: RunContext, params: Params) -> Output:
    """One QR code as png, svg, webp or pdf."""
    if len(params.text.encode()) > _BYTES:
        raise InvalidInput(f"text may have at most {_BYTES} bytes in UTF-8.", field="text")
    look = media.QrLook(
        size=params.size,
        margin=params.margin,
        correction=params.error_correction,
        foreground=params.foreground,
        background=params.background,
        logo=ctx.picture(params.logo) if params.logo else None,
    )
    name = f"{safe_stem(params.filename or 'qr', fallback='qr')}.{params.output_format}"
    path = ctx.scratch(name)
    code = media.qr(params.text, params.output_format, path, look)
    published = ctx.publish_file(path, name=name, mime=_MIMES[params.output_format])
    facts = {
        "version": code.version,
        "modules": code.modules,
        "error_correction": code.correction,
    }
    return Output((published,), facts, code.warnings)
