"""What a photo's EXIF data tell of its turn, and what of them may stay in a changed file."""

from __future__ import annotations

import struct
import warnings
from collections.abc import Mapping

from PIL import Image

ORIENTATION = 0x0112
_EXIF_IFD = 0x8769
# Description, make, model, software, date, artist, copyright.
_KEPT = (0x010E, 0x010F, 0x0110, 0x0131, 0x0132, 0x013B, 0x8298)
# Maker notes may hold places and faces; sizes and colour space told of the old pixels.
_DROPPED = frozenset({0x927C, 0xA001, 0xA002, 0xA003, 0xA005})
# What Pillow was seen to raise on damaged EXIF data.
DAMAGED = (OSError, SyntaxError, ValueError, TypeError, LookupError, OverflowError, struct.error)


def orientation(image: Image.Image) -> int:
    """How an opened picture lies, 1…8 as EXIF counts; 1 (upright) where that is not told."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's word for damage it got over
            told = image.getexif().get(ORIENTATION)
    except DAMAGED:
        return 1
    return told if isinstance(told, int) and 1 <= told <= 8 else 1


def kept_exif(image: Image.Image, more: Mapping[int, int | bytes] | None = None) -> bytes | None:
    """The EXIF data of an opened picture without place, turn, thumbnail and maker's notes.

    `more`: tags to set; an empty one is taken out. None where there is nothing to keep; damaged
    data count as none.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            kept = _chosen(image.getexif())
    except DAMAGED:
        kept = Image.Exif()
    for tag, value in (more or {}).items():
        kept.pop(tag, None)
        if value:
            kept[tag] = value
    try:
        return kept.tobytes() if len(kept) else None
    except DAMAGED:
        return None


def _chosen(told: Image.Exif) -> Image.Exif:
    kept = Image.Exif()
    for tag in _KEPT:
        if tag in told:
            kept[tag] = told[tag]
    taken = {tag: v for tag, v in told.get_ifd(_EXIF_IFD).items() if tag not in _DROPPED}
    if taken:
        kept[_EXIF_IFD] = taken
    return kept
