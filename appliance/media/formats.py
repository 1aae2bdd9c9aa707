"""Which file formats the box reads and writes, as plain tables: no library is loaded for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from appliance.core.files import Kind


@dataclass(frozen=True)
class Written:
    """What a picture format we write can do. `side_px`: the most pixels a side it can hold.

    `lossless`: it can keep every pixel, if asked; `exact`: it always does.
    """

    mime: str
    ending: str
    alpha: bool = False
    animated: bool = False
    lossless: bool = False
    exact: bool = False
    side_px: int = 65535


WRITES: Mapping[str, Written] = MappingProxyType(
    {
        "png": Written("image/png", "png", alpha=True, exact=True),
        "jpeg": Written("image/jpeg", "jpg"),
        "webp": Written(
            "image/webp", "webp", alpha=True, animated=True, lossless=True, side_px=16383
        ),
        "avif": Written("image/avif", "avif", alpha=True, animated=True, lossless=True),
        "gif": Written("image/gif", "gif", alpha=True, animated=True),
        "tiff": Written("image/tiff", "tiff", alpha=True, exact=True),
        "bmp": Written("image/bmp", "bmp", exact=True),
        "ico": Written("image/x-icon", "ico", alpha=True, exact=True),
        "pdf": Written("application/pdf", "pdf"),
    }
)

SVG = "image/svg+xml"

READS: Mapping[str, Kind] = MappingProxyType(
    {
        "image/png": Kind.IMAGE,
        "image/jpeg": Kind.IMAGE,
        "image/webp": Kind.IMAGE,
        "image/gif": Kind.IMAGE,
        "image/bmp": Kind.IMAGE,
        "image/tiff": Kind.IMAGE,
        "image/avif": Kind.IMAGE,
        "image/heic": Kind.IMAGE,
        "image/heif": Kind.IMAGE,
        "image/x-icon": Kind.IMAGE,
        SVG: Kind.IMAGE,
        "video/mp4": Kind.VIDEO,
        "video/quicktime": Kind.VIDEO,
        "video/webm": Kind.VIDEO,
        "video/x-matroska": Kind.VIDEO,
        "video/x-msvideo": Kind.VIDEO,
        "audio/wav": Kind.AUDIO,
        "audio/mpeg": Kind.AUDIO,
        "audio/flac": Kind.AUDIO,
        "audio/ogg": Kind.AUDIO,
        "audio/mp4": Kind.AUDIO,
    }
)
READ_WORDS = (
    "pictures (PNG, JPEG, WebP, GIF, BMP, TIFF, AVIF, HEIC, ICO, SVG), "
    "video (MP4, MOV, WebM, MKV, AVI) and sound (WAV, MP3, FLAC, OGG, M4A)"
)
