"""Everything that a marketplace's rules ask about, measured on the file as it would be sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from appliance.media.formats import SVG, WRITES
from appliance.media.marketplaces.book import Measured
from appliance.media.marketplaces.origin import ai_label, signs, source_type
from appliance.media.marketplaces.outline import Outline, outline
from appliance.media.marketplaces.overlays import overlays
from appliance.media.pictures.decode import decode
from appliance.media.pictures.matte import over
from appliance.media.pictures.metadata import read_metadata

_EXACT = frozenset({"image/png", "image/gif", "image/bmp", "image/tiff", "image/x-icon", SVG})
_PNG_DEPTH = 24  # where the header tells the bits a channel
_LOSSY_TOLERANCE = 2  # levels: JPEG at quality 85 leaves white at 253
_NAMES = {each.mime: name for name, each in WRITES.items()} | {
    "image/heic": "heic",
    "image/heif": "heic",
    SVG: "svg",
}
_ENDINGS = {"jpg": "jpeg", "jpe": "jpeg", "tif": "tiff", "heif": "heic", "hif": "heic"}
_EIGHT_BIT = frozenset({"1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "RGBa", "La"})
_MOVING = frozenset({"image/gif", "image/webp", "image/avif", "image/png"})


@dataclass(frozen=True)
class Measures:
    """What was measured. `values`: by the measures' names; `details`: more of it, as JSON values,
    that no rule asks for.
    """

    values: Mapping[str, Measured]
    details: Mapping[str, Any]


def measure(path: Path, name: str, *, limit_px: int) -> Measures:
    """Measure a picture file that would be sent under `name`.

    Pixels count upright, in sRGB and on white where they are transparent, whatever the file's own
    colours are; of several frames or pages the first. Raises as `decode`.
    """
    told = read_metadata(path, limit_px=limit_px)
    pixels = over(decode(path, limit_px=limit_px).pixels, "#FFFFFF")
    tolerance = 0 if told["mime"] in _EXACT else _LOSSY_TOLERANCE
    found = outline(pixels, tolerance=tolerance)
    marks = overlays(pixels, found)
    values: dict[str, Measured] = {
        **_of_file(told, name),
        "colour_mode": "deep" if _is_deep(path, told) else colour_mode(str(told.get("mode"))),
        **_of_size(pixels.shape[1], pixels.shape[0]),
        **_of_product(found, pixels.shape[1], pixels.shape[0]),
        "text_lines": marks.text_lines,
        "faint_lines": marks.faint_lines,
        "framed": marks.framed,
        "ai_label": ai_label(told),
    }
    return Measures(values, _details(told, found))


def _of_file(told: Mapping[str, Any], name: str) -> dict[str, Measured]:
    form = _NAMES.get(told["mime"], told["mime"])
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    right = _ENDINGS.get(ending, ending) == form
    return {
        "bytes": told["bytes"],
        "format": form,
        "animated": told["frames"] > 1 and told["mime"] in _MOVING,
        "name_ending": "right" if right else "wrong" if ending else "missing",
    }


def _is_deep(path: Path, told: Mapping[str, Any]) -> bool:
    """Whether a file has more than 8 bits a channel, which Pillow's mode hides in RGB."""
    if told["mime"] == "image/png":
        with path.open("rb") as file:
            return file.read(_PNG_DEPTH + 1)[_PNG_DEPTH] > 8
    bits = told.get("exif", {}).get("BitsPerSample", 8)
    return max(bits if isinstance(bits, list) else [bits], default=8) > 8


def colour_mode(mode: str) -> str:
    """What Pillow's mode of a file means to a shop: rgb8, grey8, cmyk, lab or deep (drawings, which
    have no mode, count as rgb8).
    """
    if mode in _EIGHT_BIT:
        return "grey8" if mode in ("1", "L", "LA", "La") else "rgb8"
    return {"CMYK": "cmyk", "YCbCr": "rgb8", "LAB": "lab", "None": "rgb8"}.get(mode, "deep")


def _of_size(width: int, height: int) -> dict[str, Measured]:
    longest, shortest = max(width, height), min(width, height)
    return {
        "longest_px": longest,
        "shortest_px": shortest,
        "width_px": width,
        "megapixels": round(width * height / 1e6, 3),
        "aspect": round(longest / shortest, 4),
    }


def _of_product(found: Outline, width: int, height: int) -> dict[str, Measured]:
    values: dict[str, Measured] = {"border_white": round(found.white, 5)}
    box = found.box
    if box is None:
        return values | {"fill": None, "touches_edge": None, "off_centre": None}
    aside = abs(box.left + box.width / 2 - width / 2) / width
    above = abs(box.top + box.height / 2 - height / 2) / height
    return values | {
        "fill": round(max(box.width / width, box.height / height), 4),
        "touches_edge": found.touches,
        "off_centre": round(max(aside, above), 4),
    }


def _details(told: Mapping[str, Any], found: Outline) -> dict[str, Any]:
    box = found.box
    return {
        "mime": told["mime"],
        "frames": told["frames"],
        "colour_profile": told.get("icc", {}).get("name"),
        "product_found_by": found.by,
        "product": None if box is None else {
            "x": box.left, "y": box.top, "width": box.width, "height": box.height
        },
        "digital_source_type": source_type(told) or None,
        "says_generated": list(signs(told)),
    }  # fmt: skip
