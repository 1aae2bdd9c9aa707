"""QR codes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import segno

from appliance.core.errors import InvalidInput
from appliance.core.operation import PictureFormat
from appliance.core.picture import Picture
from appliance.media.pictures.encode import encode
from appliance.media.pictures.matte import read_colour
from appliance.media.pictures.qr_drawing import QrLook, pdf_bytes, raster, svg_bytes

_FAIR_CONTRAST = 0.40  # ISO/IEC 15415 grades a symbol contrast below 40 % as D or F
_SMALL_MODULE_PX = 3


@dataclass(frozen=True)
class QrCode:
    """What was drawn: version 1…40, modules a side without margin, the correction it has."""

    version: int
    modules: int
    correction: str
    warnings: tuple[str, ...]


def qr(text: str, form: str, path: Path, look: QrLook) -> QrCode:
    """Draw `text` as a QR code into a png, svg, webp or pdf file.

    Modules are whole pixels in png and webp; what is left over goes to the margin. A logo is laid
    on the centre, and raises the correction to Q at least. Raises InvalidInput if the text is too
    long for one code, the size too small for its modules, or a pdf has transparent colours.
    """
    code = _coded(text, look)
    modules = int(code.symbol_size(border=0)[0])
    scale = look.size // (modules + 2 * look.margin)
    if form in ("png", "webp"):
        encode(Picture(raster(code, look)), PictureFormat(form, lossless=True), path)
    elif form == "svg":
        path.write_bytes(svg_bytes(code, look))
    else:
        path.write_bytes(pdf_bytes(code, look))
    return QrCode(int(code.version), modules, str(code.error), _warnings(look, scale, form))


def _coded(text: str, look: QrLook) -> segno.QRCode:
    level = look.correction
    if look.logo is not None and level in "LM":
        level = "Q"
    # Phones take bytes for UTF-8; without an encoding segno prefers ISO 8859-1.
    encoding = None if text.isascii() else "utf-8"
    try:
        return segno.make(text, error=level, micro=False, encoding=encoding)
    except segno.DataOverflowError:
        raise InvalidInput(
            f"The text does not fit into one QR code with error correction {level}: shorten it"
            + (" or choose a lower level." if level != "L" and look.logo is None else "."),
            field="text",
        ) from None


def _warnings(look: QrLook, scale: int, form: str) -> tuple[str, ...]:
    told = []
    ink, ground = _luminance(look.foreground), _luminance(look.background)
    if ground - ink < _FAIR_CONTRAST:
        told.append(
            "Foreground and background differ too little in brightness, or the code is lighter "
            "than its background: many scanners will not read it."
        )
    if read_colour(look.background)[3] < 255:
        told.append("The background is transparent: put the code on a light surface.")
    if look.margin < 4:
        told.append("The margin is below the 4 modules that the standard asks for.")
    if form in ("png", "webp") and scale < _SMALL_MODULE_PX:
        told.append(f"A module is only {scale} px wide: a larger size is read more surely.")
    return tuple(told)


def _luminance(colour: str) -> float:
    """Relative luminance 0…1 of the colour on white. Source: WCAG 2.2."""
    *channels, alpha = (value / 255 for value in read_colour(colour))
    linear = [_linear(1 + (value - 1) * alpha) for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)
