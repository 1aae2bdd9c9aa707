"""Reading an XMP packet."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET
from typing import Any

_LONGEST = 2_000_000
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_TEXT = 4000


def read_xmp(packet: bytes | str) -> dict[str, Any]:
    """The packet's properties as `prefix:name` → text, list of texts, or one level of an object.

    Prefixes are the packet's own. A packet that is damaged, huge, or declares a document type (that
    is how a small XML file becomes a huge one) says nothing.
    """
    data = packet.encode() if isinstance(packet, str) else packet
    data = data.strip(b"\0 \t\r\n")
    if len(data) > _LONGEST or b"<!DOCTYPE" in data.replace(b"\0", b"").upper():
        return {}
    try:
        named = [name for _, name in ET.iterparse(io.BytesIO(data), ("start-ns",))]  # noqa: S314  no entities: see above
        root = ET.fromstring(data)  # noqa: S314
    except (ET.ParseError, ValueError, LookupError):
        return {}
    prefixes = {str(uri): str(prefix) for prefix, uri in named}
    told: dict[str, Any] = {}
    for description in root.iterfind(f".//{_RDF}RDF/{_RDF}Description"):
        told |= _properties(description, prefixes)
    return told


def _properties(description: ET.Element, prefixes: dict[str, str]) -> dict[str, Any]:
    written = {
        _short(name, prefixes): value[:_TEXT]
        for name, value in description.attrib.items()
        if not name.startswith(_RDF)
    }
    return written | {_short(child.tag, prefixes): _value(child, prefixes) for child in description}


def _value(element: ET.Element, prefixes: dict[str, str]) -> Any:
    items = [_text(item) for item in element.iter(f"{_RDF}li")]
    if items:
        return items[0] if element.find(f"{_RDF}Alt") is not None else items
    inner = {_short(each.tag, prefixes): _text(each) for each in element.iter() if _text(each)}
    if len(element) == 0:
        return _text(element) or element.get(f"{_RDF}resource", "")
    return inner


def _text(element: ET.Element) -> str:
    return (element.text or "").strip()[:_TEXT]


def _short(name: str, prefixes: dict[str, str]) -> str:
    uri, _, local = name.removeprefix("{").rpartition("}")
    return f"{prefixes[uri]}:{local}" if uri in prefixes else local
