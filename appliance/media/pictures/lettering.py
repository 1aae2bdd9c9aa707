"""Words as pixels, in the fonts that OpenCV carries inside: no font of the system is needed."""

from __future__ import annotations

import unicodedata

import cv2
import numpy as np

from appliance.core.errors import InvalidInput
from appliance.core.picture import Picture
from appliance.media.pictures.matte import read_colour

_WEIGHT = 500
_UNKNOWN = "?"  # what OpenCV draws for a character that none of its fonts has
_LINE = 1.25  # times the letters' height from line to line
# Scripts whose letters join or stack, which takes a shaping engine that OpenCV lacks.
_SHAPED = ("ARABIC", "SYRIAC", "DEVANAGARI", "BENGALI", "TAMIL", "TELUGU", "THAI", "KHMER")


def lettering(text: str, size_px: int, colour: str) -> Picture:
    """The text in one colour on transparency, cropped to its ink; letters are `size_px` high.

    Lines end at line breaks. Latin, Greek, Cyrillic, Hebrew, Chinese, Japanese and Korean are
    there. Raises InvalidInput, for the field `text`, for other characters, or nothing to see.
    """
    lines = unicodedata.normalize("NFC", text).expandtabs(4).splitlines()
    _check(lines)
    font = cv2.FontFace("sans")
    boxes = [cv2.getTextSize((0, 0), line, (0, 0), font, size_px, _WEIGHT) for line in lines]
    pitch = round(size_px * _LINE)
    width = max(box[2] + abs(box[0]) for box in boxes) + 2 * size_px
    alpha = np.zeros((pitch * len(lines) + 2 * size_px, width), np.uint8)
    for number, line in enumerate(lines):
        start = (size_px, 2 * size_px + number * pitch)
        cv2.putText(alpha, line, start, (255,), font, size_px, _WEIGHT)
    left, top, wide, high = cv2.boundingRect(alpha)
    if not wide:
        raise InvalidInput("text holds nothing that can be seen.", field="text")
    pixels = np.empty((high, wide, 4), np.uint8)
    pixels[:] = read_colour(colour)
    pixels[..., 3] = alpha[top : top + high, left : left + wide]
    return Picture(pixels)


def _check(lines: list[str]) -> None:
    unknown = _drawn(_UNKNOWN)
    seen = sorted({char for line in lines for char in line if not char.isspace()} - {_UNKNOWN})
    lacking = [char for char in seen if _is_shaped(char) or np.array_equal(_drawn(char), unknown)]
    if lacking:
        raise InvalidInput(
            f"There is no font here for {' '.join(lacking[:10])}: leave these characters out, or "
            "send the words as a picture in watermark.",
            field="text",
        )


def _is_shaped(char: str) -> bool:
    return not char.isprintable() or unicodedata.name(char, "").startswith(_SHAPED)


def _drawn(char: str) -> np.ndarray:
    tile = np.zeros((48, 64), np.uint8)
    cv2.putText(tile, char, (16, 36), (255,), cv2.FontFace("sans"), 24, _WEIGHT)
    return tile
