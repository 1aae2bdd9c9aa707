"""In which format a changed picture is written: the one it came in, unless another is asked for."""

from __future__ import annotations

from pathlib import Path

from appliance.media.formats import SVG, WRITES
from appliance.media.pictures.opening import opened, picture_mime

_BY_MIME = {written.mime: name for name, written in WRITES.items()}
_NO_LIMIT = 2**62


def same_format(path: Path, wanted: str | None = None) -> tuple[str, tuple[str, ...]]:
    """(format, warnings): `wanted`, or else the file's own if it is one of pictures we write.

    HEIC and HEIF become JPEG, or PNG if they are transparent; SVG and icons become PNG; the warning
    says so. Raises UnsupportedMedia, BrokenMedia.
    """
    if wanted is not None:
        return wanted, ()
    mime = picture_mime(path)
    own = _BY_MIME.get(mime)
    if own is not None and own != "ico":
        return own, ()
    if mime == SVG:
        return "png", ("The drawing became pixels: SVG is not written here, so it is a PNG.",)
    if own == "ico":
        return "png", ("An icon holds small squares only, so the result is a PNG.",)
    with opened(path, mime, limit_px=_NO_LIMIT) as image:
        other = "png" if image.has_transparency_data else "jpeg"
    kind = mime.removeprefix("image/").upper()
    return other, (f"{kind} is not written here, so the result is a {other.upper()}.",)
