"""Taking out of a picture's file what it says besides its pixels."""

from __future__ import annotations

from pathlib import Path

from appliance.core.operation import PictureFormat
from appliance.media.pictures.bare import STRIPS, bare
from appliance.media.pictures.convert import Limits, Wish, convert
from appliance.media.pictures.decode import decode
from appliance.media.pictures.opening import picture_mime
from appliance.media.pictures.same_format import same_format

_FINE = 95
_LIMITS = Limits()


def strip(source: Path, target: Path, *, limits: Limits = _LIMITS) -> tuple[str, tuple[str, ...]]:
    """(format, warnings): write the picture to `target` without metadata, as `bare` says.

    JPEG, PNG and WebP keep their pixels byte for byte, other kinds are written anew. Raises as
    `convert`.
    """
    mime = picture_mime(source)
    form, warnings = same_format(source)
    if mime in STRIPS:
        decode(source, limit_px=limits.px)  # a damaged file is not handed on
        target.write_bytes(bare(source.read_bytes(), mime))
        return form, ()
    made = convert(source, target, Wish(PictureFormat(form, quality=_FINE)), limits=limits)
    told = warnings or (f"The {form.upper()} was written anew.",)
    return form, (*told, *made.warnings)
