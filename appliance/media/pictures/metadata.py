"""Everything that a picture file says besides its pixels, as plain values."""

from __future__ import annotations

import contextlib
import io
import math
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import ExifTags, Image, ImageCms, IptcImagePlugin
from PIL.ImageFile import ImageFile

from appliance.media.formats import SVG
from appliance.media.pictures.exif import DAMAGED, orientation
from appliance.media.pictures.frames import count_frames
from appliance.media.pictures.labels import Labels
from appliance.media.pictures.opening import guarded, opened, picture_mime
from appliance.media.pictures.vector import drawing_size
from appliance.media.pictures.xmp import read_xmp

_TEXT, _BYTES = 4000, 64
_GPS, _PARTS = 0x8825, (0x8769, 0xA005)
_XMP_TAG = 700
_TURNED = (5, 6, 7, 8)
_IPTC = {5: "title", 15: "category", 25: "keywords", 40: "instructions", 55: "date_created",
         80: "author", 85: "author_title", 90: "city", 92: "place", 95: "state", 101: "country",
         105: "headline", 110: "credit", 115: "source", 116: "copyright",
         120: "description"}  # fmt: skip
_NO_TEXT = ("xmp", "exif", "icc_profile", "photoshop", "XML:com.adobe.xmp", "jfif_unit")

Told = dict[str, Any]


def read_metadata(path: Path, *, limit_px: int) -> Told:
    """`mime`, `bytes`, `width` and `height` as it is seen, `orientation`, `frames`, `mode`,
    `transparent`, and what there is of `dpi`, `icc`, `exif`, `gps`, `xmp`, `iptc`, `text`.

    JSON values. Bytes that are no text appear by their number. Damaged metadata are left out.
    Raises: as `decode`, but for damage to the pixels, which are not read.
    """
    mime = picture_mime(path)
    told: Told = {"mime": mime, "bytes": path.stat().st_size}
    if mime == SVG:
        width, height = drawing_size(path)
        return told | {"width": width, "height": height, "orientation": 1, "frames": 1}
    with opened(path, mime, limit_px=limit_px) as image, guarded(limit_px):
        parts = {
            "dpi": _dpi(image),
            "icc": _icc(image.info.get("icc_profile")),
            "exif": _exif(image),
            "gps": _gps(image),
            "xmp": read_xmp(_packet(image)),
            "iptc": _iptc(image),
            "text": _texts(image),
        }
        return told | _shape(image, mime) | {name: part for name, part in parts.items() if part}


def labels_of(told: Told) -> Labels:
    """The words about the picture among what `read_metadata` gave: XMP's before EXIF's and IPTC's.

    Source: the order of the Metadata Working Group's guidelines for what is not contradicted.
    """
    xmp, exif, iptc = (told.get(part, {}) for part in ("xmp", "exif", "iptc"))
    author = xmp.get("dc:creator") or exif.get("Artist") or iptc.get("author")
    words = xmp.get("dc:subject") or iptc.get("keywords") or exif.get("XPKeywords", "").split(";")
    return Labels(
        title=_plain(xmp.get("dc:title") or exif.get("XPTitle") or iptc.get("title")),
        description=_plain(
            xmp.get("dc:description") or exif.get("ImageDescription") or iptc.get("description")
        ),
        author=_plain(author),
        copyright=_plain(xmp.get("dc:rights") or exif.get("Copyright") or iptc.get("copyright")),
        keywords=tuple(word for word in ([words] if isinstance(words, str) else words) if word),
    )


def _plain(value: Any) -> str | None:
    return ", ".join(map(str, value)) if isinstance(value, list) else value


def _shape(image: Image.Image, mime: str) -> Told:
    turn = orientation(image)
    width, height = image.size[::-1] if turn in _TURNED and mime != "image/tiff" else image.size
    return {
        "width": width,
        "height": height,
        "orientation": turn,
        "frames": count_frames(image, mime),
        "mode": image.mode,
        "transparent": image.has_transparency_data,
    }


def _dpi(image: Image.Image) -> list[float] | None:
    try:
        x, y = (round(float(each), 2) for each in image.info["dpi"])
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    return [x, y] if math.isfinite(x) and math.isfinite(y) else None


def _icc(profile: Any) -> Told | None:
    if not isinstance(profile, bytes) or not profile:
        return None
    told: Told = {"bytes": len(profile)}
    try:
        read = ImageCms.ImageCmsProfile(io.BytesIO(profile)).profile
        name = (read.profile_description or "").strip()
        return {"name": name[:_TEXT], "colours": read.xcolor_space.strip(), **told}
    except (ImageCms.PyCMSError, *DAMAGED):
        return told


def _exif(image: Image.Image) -> Told:
    found = _tags(image)
    told = {_name(tag): value for tag, value in found.items() if tag not in (*_PARTS, _GPS)}
    for part in _PARTS:
        told |= {_name(tag): value for tag, value in _ifd(image, part).items()}
    made = {name: _value(value, name) for name, value in told.items() if name != "XMLPacket"}
    return {name: value for name, value in made.items() if value is not None}


def _gps(image: Image.Image) -> Told:
    found = _ifd(image, _GPS)
    told = {ExifTags.GPSTAGS.get(tag, hex(tag)): _value(value) for tag, value in found.items()}
    for name, negative in (("Latitude", "S"), ("Longitude", "W")):
        angle = told.get(f"GPS{name}")
        if isinstance(angle, list) and len(angle) == 3 and None not in angle:
            degrees = angle[0] + angle[1] / 60 + angle[2] / 3600
            sign = -1 if told.get(f"GPS{name}Ref") == negative else 1
            told[name.lower()] = round(sign * degrees, 7)
    return told


def _tags(image: Image.Image) -> Mapping[int, Any]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return dict(image.getexif())
    except DAMAGED:
        return {}


def _ifd(image: Image.Image, part: int) -> Mapping[int, Any]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return dict(image.getexif().get_ifd(part))
    except DAMAGED:
        return {}


def _name(tag: int) -> str:
    return ExifTags.TAGS.get(tag, hex(tag))


def _packet(image: Image.Image) -> bytes | str:
    for found in (image.info.get("xmp"), image.info.get("XML:com.adobe.xmp")):
        if isinstance(found, (bytes, str)) and found:
            return found
    kept = _tags(image).get(_XMP_TAG)
    return kept if isinstance(kept, (bytes, str)) else b""


def _iptc(image: Image.Image) -> Told:
    try:
        found = IptcImagePlugin.getiptcinfo(image) or {} if isinstance(image, ImageFile) else {}
    except DAMAGED:
        return {}
    told: Told = {}
    for (record, number), value in found.items():
        if record == 2 and number in _IPTC:
            texts = [each.decode("utf-8", "replace")[:_TEXT] for each in _listed(value)]
            told[_IPTC[number]] = texts if number == 25 else texts[0]
    return told


def _listed(value: bytes | list[bytes]) -> list[bytes]:
    return value if isinstance(value, list) else [value]


def _texts(image: Image.Image) -> Told:
    told = {
        str(name)[:80]: _value(value)
        for name, value in image.info.items()
        if isinstance(value, (str, bytes)) and name not in _NO_TEXT and name != "Raw profile type"
    }
    return {name: value for name, value in told.items() if value}


def _value(value: Any, name: str = "") -> Any:
    """A tag's value as JSON has it; None for a number that is none."""
    if isinstance(value, bytes):
        return _of_bytes(value, wide=name.startswith("XP"))
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, (tuple, list)):
        return [_value(each) for each in value[:256]]
    if isinstance(value, (bool, int)):
        return value
    try:
        number = float(value)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return number if math.isfinite(number) else None


def _of_bytes(value: bytes, *, wide: bool) -> str:
    if wide:
        return _clean(value.decode("utf-16-le", "ignore"))
    if len(value) <= _TEXT and value.rstrip(b"\0").isascii():
        text = _clean(value.decode("ascii"))
        if text.isprintable():
            return text
    return value.hex() if len(value) <= _BYTES else f"{len(value)} bytes"


def _text(value: str) -> str:
    # Pillow reads text as Latin-1; most who write other letters there write UTF-8.
    with contextlib.suppress(UnicodeError):
        value = value.encode("latin-1").decode("utf-8")
    return _clean(value)


def _clean(value: str) -> str:
    return value.rstrip("\0 ").encode("utf-8", "replace").decode()[:_TEXT]
