"""Drawing a coded QR symbol as pixels, SVG or PDF."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import segno
from PIL import Image

from appliance.core.errors import InvalidInput
from appliance.core.picture import Picture
from appliance.media.pictures.matte import blend, read_colour

if TYPE_CHECKING:
    from appliance.core.picture import Pixels

# What Q restores (a quarter of the code) leaves room to spare for a logo on 1/20 of it, H for 1/14.
_LOGO_SHARE = {"Q": 0.22, "H": 0.26}
_DATE = re.compile(rb"(?<=/CreationDate\(D:)[0-9]{14}")


@dataclass(frozen=True)
class QrLook:
    """How a code looks. `size` px is the whole width with the margin; `margin` counts modules.

    `correction`: L, M, Q or H, the least that is taken. Colours: #RRGGBB, #RRGGBBAA, transparent.
    """

    size: int = 1024
    margin: int = 4
    correction: str = "M"
    foreground: str = "#000000"
    background: str = "#FFFFFF"
    logo: Picture | None = None


def raster(code: segno.QRCode, look: QrLook) -> Pixels:
    """The code in whole pixels, RGBA where a colour is transparent, else RGB.

    Raises InvalidInput if there are fewer pixels than modules.
    """
    dark = np.array([list(row) for row in code.matrix], np.uint8) > 0
    scale = look.size // (len(dark) + 2 * look.margin)
    if scale < 1:
        raise InvalidInput(
            f"The code has {len(dark) + 2 * look.margin} modules with its margin: "
            "size must be at least as many pixels.",
            field="size",
        )
    side = len(dark) * scale
    start = (look.size - side) // 2
    inner = slice(start, start + side)
    ink, ground = read_colour(look.foreground), read_colour(look.background)
    pixels = np.empty((look.size, look.size, 4), np.uint8)
    pixels[:] = ground
    pixels[inner, inner][dark.repeat(scale, 0).repeat(scale, 1)] = ink
    if look.logo is not None:
        _lay_logo(pixels, look.logo, side, str(code.error))
    return pixels if min(ink[3], ground[3]) < 255 else np.ascontiguousarray(pixels[..., :3])


def _lay_logo(pixels: Pixels, logo: Picture, side: int, correction: str) -> None:
    """Lay the logo on the middle of the drawn code, on a quiet patch of background or white."""
    fitted = _fitted(logo, max(1, round(side * _LOGO_SHARE[correction])))
    rim = max(1, fitted.shape[0] // 16, fitted.shape[1] // 16)
    middle = len(pixels) // 2
    patch = [_centred(middle, extent + 2 * rim) for extent in fitted.shape[:2]]
    ground = pixels[0, 0].copy()
    pixels[patch[0], patch[1]] = ground if ground[3] == 255 else (255, 255, 255, 255)
    rows, columns = (_centred(middle, extent) for extent in fitted.shape[:2])
    below = pixels[rows, columns, :3]
    pixels[rows, columns, :3] = blend(fitted[..., :3], below, fitted[..., 3])


def _centred(middle: int, extent: int) -> slice:
    return slice(middle - extent // 2, middle - extent // 2 + extent)


def _fitted(logo: Picture, side: int) -> Pixels:
    image = Image.fromarray(logo.pixels).convert("RGBA")
    scale = side / max(image.size)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return np.asarray(image.resize(size, Image.Resampling.LANCZOS))


def svg_bytes(code: segno.QRCode, look: QrLook) -> bytes:
    """The code as an SVG file; the logo is embedded as PNG."""
    modules = code.symbol_size(border=0)[0]
    buffer = io.BytesIO()
    code.save(
        buffer,
        kind="svg",
        scale=look.size / (modules + 2 * look.margin),
        border=look.margin,
        dark=_or_none(look.foreground),
        light=_or_none(look.background),
        svgclass=None,
        lineclass=None,
    )
    text = buffer.getvalue()
    if look.logo is None:
        return text
    side = look.size * modules / (modules + 2 * look.margin) * _LOGO_SHARE[str(code.error)]
    return text.replace(b"</svg>", _embedded(look, side) + b"</svg>")


def _embedded(look: QrLook, side: float) -> bytes:
    assert look.logo is not None
    pixels = _fitted(look.logo, 512)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    height, width = (extent / max(pixels.shape[:2]) * side for extent in pixels.shape[:2])
    rim, middle = side / 16, look.size / 2
    ground = look.background if read_colour(look.background)[3] == 255 else "#FFFFFF"
    box = (
        f'<rect x="{middle - width / 2 - rim:.3f}" y="{middle - height / 2 - rim:.3f}" '
        f'width="{width + 2 * rim:.3f}" height="{height + 2 * rim:.3f}" fill="{ground}"/>'
        f'<image x="{middle - width / 2:.3f}" y="{middle - height / 2:.3f}" '
        f'width="{width:.3f}" height="{height:.3f}" href="data:image/png;base64,'
    )
    return box.encode() + base64.b64encode(buffer.getvalue()) + b'"/>'


def pdf_bytes(code: segno.QRCode, look: QrLook) -> bytes:
    """The code as a PDF page, `look.size` points wide; with a logo as pixels, else as lines.

    Raises InvalidInput for half-transparent colours.
    """
    colours = read_colour(look.foreground), read_colour(look.background)
    if colours[0][3] < 255 or colours[1][3] not in (0, 255):
        raise InvalidInput(
            "A PDF code takes #RRGGBB colours (background also transparent): "
            "for half-transparent ones choose svg, png or webp.",
            field="foreground" if colours[0][3] < 255 else "background",
        )
    buffer = io.BytesIO()
    if look.logo is not None:
        pixels = Image.fromarray(raster(code, look)).convert("RGB")
        pixels.save(
            buffer, "PDF", quality=95, resolution=72.0, creationDate=None, modDate=None, title=None
        )
        return buffer.getvalue()
    modules = code.symbol_size(border=0)[0]
    code.save(
        buffer,
        kind="pdf",
        scale=look.size / (modules + 2 * look.margin),
        border=look.margin,
        dark=look.foreground[:7],
        light=_or_none(look.background[:7] if colours[1][3] else "transparent"),
    )
    # The same length, so that the table of positions at the end stays right.
    return _DATE.sub(b"20250101000000", buffer.getvalue())


def _or_none(colour: str) -> str | None:
    return None if read_colour(colour)[3] == 0 else colour
