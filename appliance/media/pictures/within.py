"""Writing a picture in at most so many bytes, at its full size."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from appliance.core.operation import PictureFormat
from appliance.core.picture import Picture
from appliance.media.pictures.encode import encode

_COARSEST = 40  # below that a product photo shows its blocks
_GRADED = ("jpeg", "webp", "avif")


def encode_within(
    picture: Picture, fmt: PictureFormat, path: Path, *, most_bytes: int
) -> PictureFormat:
    """Write the picture as `encode` does, at the finest quality up to `fmt.quality` that fits.

    Where none down to 40 does, or the format has none, the file is larger than `most_bytes`: the
    caller has to look. Gives the format as it was written.
    """
    encode(picture, fmt, path)
    if path.stat().st_size <= most_bytes or fmt.format not in _GRADED:
        return fmt
    low, high = _COARSEST, max(_COARSEST, fmt.quality or 90)
    while high - low > 1:
        middle = (low + high) // 2
        encode(picture, replace(fmt, quality=middle), path)
        low, high = (middle, high) if path.stat().st_size <= most_bytes else (low, middle)
    found = replace(fmt, quality=low)
    encode(picture, found, path)
    return found
