"""What of a photo's EXIF data may stay in a converted file."""

from __future__ import annotations

import struct
import warnings

from PIL import Image

_EXIF_IFD = 0x8769
# Description, make, model, software, date, artist, copyright.
_KEPT = (0x010E, 0x010F, 0x0110, 0x0131, 0x0132, 0x013B, 0x8298)
# Maker notes may hold places and faces; sizes and colour space told of the old pixels.
_DROPPED = frozenset({0x927C, 0xA001, 0xA002, 0xA003, 0xA005})


def kept_exif(image: Image.Image) -> bytes | None:
    """The EXIF data of an opened picture without place, turn, thumbnail and maker's notes.

    None where there is none, or it is damaged.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's word for damage it got over
            kept = _chosen(image.getexif())
            return kept.tobytes() if len(kept) else None
    except (OSError, SyntaxError, ValueError, TypeError, LookupError, OverflowError, struct.error):
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
