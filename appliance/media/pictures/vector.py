"""Drawing an SVG file, without letting it reach for other files."""

from __future__ import annotations

import base64
import binascii
import io
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import resvg_py
from PIL import Image

from appliance.core.errors import BrokenMedia, TooLarge
from appliance.core.picture import Picture
from appliance.media.pictures.opening import check_size, guarded
from appliance.media.svg import svg_size

_BYTES = 20_000_000
_DEPTH = 200
_ELEMENTS = 200_000
_UNSIZED = (1024.0, 1024.0)  # the box a drawing of unknown size is fitted into
_EMBEDDED = ("image/png", "image/jpeg", "image/gif", "image/webp")


def draw_svg(path: Path, *, limit_px: int, box: tuple[int, int] | None = None) -> Picture:
    """The SVG drawn at the size its root tag asks for, or as large as fits into `box` (px); RGBA.

    Links to anything but itself and embedded PNG, JPEG, GIF or WebP pictures are dropped: resvg
    would read any file on the box named there. Raises BrokenMedia, TooLarge, UnsupportedMedia.
    """
    if path.stat().st_size > _BYTES:
        raise TooLarge(f"An SVG may have at most {_BYTES // 1_000_000} MB.")
    data = path.read_bytes()
    size = svg_size(data)
    root = _parsed(data)
    for element in root.iter():
        _drop_outside_links(element, limit_px)
    width, height = _target(size, box)
    check_size((width, height), limit_px)
    drawn = _drawn(ET.tostring(root, encoding="unicode"), width, height)
    with guarded(limit_px), Image.open(io.BytesIO(drawn), formats=["PNG"]) as image:
        return Picture(np.array(image.convert("RGBA")))


def drawing_size(path: Path) -> tuple[int, int]:
    """Width and height in px at which `draw_svg` draws the file by itself."""
    with path.open("rb") as file:
        return _target(svg_size(file.read(65536)), None)


def _target(size: tuple[float, float] | None, box: tuple[int, int] | None) -> tuple[int, int]:
    width, height = size or _UNSIZED
    if box is not None:
        scale = min(box[0] / width, box[1] / height)
        width, height = width * scale, height * scale
    return max(1, round(width)), max(1, round(height))


def _parsed(data: bytes) -> ET.Element:
    # svg_size has refused a document type declaration, so no entity can be declared in here.
    parser = ET.XMLParser(target=_Shallow())  # noqa: S314
    try:
        parser.feed(data)
        return parser.close()
    except (ET.ParseError, ValueError, LookupError) as error:
        raise BrokenMedia(f"The SVG is no well-formed XML: {error}.") from None


class _Shallow:
    """A tree that stops growing before anything that walks it runs out of stack."""

    def __init__(self) -> None:
        self._tree = ET.TreeBuilder()
        self._depth = self._count = 0
        self.data, self.close = self._tree.data, self._tree.close

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Note that an element begins. Raises TooLarge."""
        self._depth, self._count = self._depth + 1, self._count + 1
        if self._depth > _DEPTH or self._count > _ELEMENTS:
            raise TooLarge(f"An SVG may have {_ELEMENTS} elements, nested {_DEPTH} deep.")
        self._tree.start(tag, attributes)

    def end(self, tag: str) -> None:
        """Note that an element ends."""
        self._depth -= 1
        self._tree.end(tag)


def _drop_outside_links(element: ET.Element, limit_px: int) -> None:
    for name in [name for name in element.attrib if name.rpartition("}")[2] == "href"]:
        target = element.attrib[name].strip()
        if not target.startswith("#") and not _is_embedded_picture(target, limit_px):
            del element.attrib[name]


def _is_embedded_picture(target: str, limit_px: int) -> bool:
    head, _, body = target.partition(",")
    kind, _, coding = head.removeprefix("data:").partition(";")
    if not head.startswith("data:") or kind not in _EMBEDDED or coding.strip() != "base64":
        return False
    try:
        data = base64.b64decode("".join(body.split()), validate=True)
    except (binascii.Error, ValueError):
        return False
    with guarded(limit_px):
        Image.open(io.BytesIO(data), formats=["PNG", "JPEG", "GIF", "WEBP"]).close()
    return True


def _drawn(text: str, width: int, height: int) -> bytes:
    fonts = "<text" in text or ":text" in text  # looking for fonts takes 30 ms
    try:
        return bytes(
            resvg_py.svg_to_bytes(
                svg_string=text, width=width, height=height, skip_system_fonts=not fonts
            )
        )
    except ValueError as error:
        raise BrokenMedia(f"The SVG cannot be drawn: {error}.") from None
