"""What can be told of an SVG file from its first tag, and which files are refused as SVG.

Pure Python, and only the text before and in the root tag is parsed. A document type declaration is
refused whatever it says: entities are how a small XML file becomes a huge one or reads other files.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from appliance.core.errors import BrokenMedia, UnsupportedMedia

_NAMESPACE = "http://www.w3.org/2000/svg"
_LENGTH = re.compile(r"([0-9]{1,9}(?:\.[0-9]{0,9})?|\.[0-9]{1,9})\s*(px|in|cm|mm|pt|pc|em|%)?")
_INCH_PX = 96.0
_PX = {None: 1.0, "px": 1.0, "in": _INCH_PX, "cm": _INCH_PX / 2.54, "mm": _INCH_PX / 25.4}
_PX |= {"pt": _INCH_PX / 72, "pc": 16.0, "em": 16.0}


@dataclass
class _Head:
    root: str | None = None
    attributes: dict[str, str] = field(default_factory=dict)


class _RootSeen(Exception):
    """Ends the parse; told to nobody."""


def svg_size(head: bytes) -> tuple[float, float] | None:
    """Width and height in px that the root tag of an SVG asks for; None where it does not say.

    `head`: the beginning of the file. Raises UnsupportedMedia if it is XML but not SVG, or SVG with
    a document type declaration; BrokenMedia if it is no XML.
    """
    found = _read_head(head)
    if found.root not in (f"{_NAMESPACE} svg", "svg"):
        raise UnsupportedMedia("The file is no SVG picture: its first tag is not <svg>.")
    return _size(found.attributes)


def _read_head(head: bytes) -> _Head:
    found = _Head()
    parser = expat.ParserCreate(namespace_separator=" ")

    def doctype(*_args: object) -> None:
        raise UnsupportedMedia(
            "The SVG has a document type declaration (<!DOCTYPE …>), which is not read here. "
            "Save it as plain SVG."
        )

    def start(name: str, attributes: dict[str, str]) -> None:
        found.root, found.attributes = name, attributes
        raise _RootSeen

    parser.StartDoctypeDeclHandler = doctype
    parser.StartElementHandler = start
    try:
        parser.Parse(head, False)  # noqa: FBT003 — expat's isfinal
    except _RootSeen:
        return found
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise BrokenMedia(f"The file begins like SVG but is no well-formed XML: {error}.") from None
    raise BrokenMedia("The file begins like SVG, but no <svg> tag follows.")


def _size(attributes: Mapping[str, str]) -> tuple[float, float] | None:
    box = _view_box(attributes.get("viewBox", ""))
    width = _length(attributes.get("width", "100%"), box[0] if box else None)
    height = _length(attributes.get("height", "100%"), box[1] if box else None)
    return (width, height) if width and height else None


def _view_box(text: str) -> tuple[float, float] | None:
    parts = text.replace(",", " ").split()
    if len(parts) != 4:
        return None
    width, height = _length(parts[2], None), _length(parts[3], None)
    return (width, height) if width and height else None


def _length(text: str, whole: float | None) -> float | None:
    matched = _LENGTH.fullmatch(text.strip())
    if not matched:
        return None
    number, unit = float(matched[1]), matched[2]
    if unit == "%":
        return None if whole is None else whole * number / 100
    return number * _PX[unit]
