"""Whether a picture says that it was generated, and whether it says so as marketplaces ask."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from appliance.core.errors import ApplianceError
from appliance.core.provenance import GENERATED
from appliance.media.pictures.metadata import read_metadata

_PROPERTY = "DigitalSourceType"
# What programs that generate pictures leave in a file's texts: their settings, or their names. The
# box's own "Parameters" is another word: its operations are no models, or say so as IPTC does.
_SETTINGS = frozenset({"parameters", "prompt", "workflow", "invokeai_metadata", "sd-metadata"})
_NAMES = re.compile(
    r"stable diffusion|midjourney|dall[-·. ]?e|comfyui|invokeai|firefly|novelai|automatic1111"
    r"|\bflux\b|\bimagen\b|text.to.image|gpt-image",
    re.IGNORECASE,
)
_PROGRAM_TAGS = ("Software", "ImageDescription", "UserComment", "Artist", "XPComment")


def source_type(told: Mapping[str, Any]) -> str:
    """The digital source type, without IPTC's address, that metadata tell; "" where none is.

    `told`: what `read_metadata` gave.
    """
    for name, value in told.get("xmp", {}).items():
        if name.rpartition(":")[2] == _PROPERTY and isinstance(value, str):
            return value.rstrip("/").rpartition("/")[2]
    return ""


def generated_as(path: Path, *, limit_px: int) -> str:
    """The digital source type of a picture file that tells it was generated; else "".

    One that tells so in other words only counts as trainedAlgorithmicMedia. A file that is no
    picture, or damaged, tells nothing.
    """
    try:
        told = read_metadata(path, limit_px=limit_px)
    except ApplianceError:
        return ""
    if source_type(told) in GENERATED:
        return source_type(told)
    return "trainedAlgorithmicMedia" if signs(told) else ""


def signs(told: Mapping[str, Any]) -> tuple[str, ...]:
    """What in the metadata says that the picture was generated, beside its source type."""
    texts = told.get("text", {})
    found = [f"text {name}" for name in texts if name in _SETTINGS]
    exif = told.get("exif", {})
    found += [f"EXIF {tag}" for tag in _PROGRAM_TAGS if _NAMES.search(str(exif.get(tag, "")))]
    found += [
        f"XMP {name}"
        for name, value in told.get("xmp", {}).items()
        if name.rpartition(":")[2] in ("CreatorTool", "Credit") and _NAMES.search(str(value))
    ]
    credit = str(told.get("iptc", {}).get("credit", ""))
    return tuple(found + (["IPTC credit"] if _NAMES.search(credit) else []))


def ai_label(told: Mapping[str, Any]) -> str:
    """kept: it is labelled as generated; missing: it says so only elsewhere; none needed: it does
    not say so anywhere.
    """
    if source_type(told) in GENERATED:
        return "kept"
    return "missing" if signs(told) else "none needed"
