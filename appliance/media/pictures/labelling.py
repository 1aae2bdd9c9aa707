"""Writing words about a picture into its file, without touching the pixels where that can be."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PIL import Image

from appliance.core.errors import InvalidInput
from appliance.core.operation import PictureFormat
from appliance.media.chunks import (
    EXIF_HEAD,
    jpeg_segment,
    jpeg_with,
    png_chunk,
    png_with,
    webp_with,
)
from appliance.media.formats import SVG, WRITES
from appliance.media.pictures.bare import APP1, STRIPS, bare_jpeg, bare_png, bare_webp
from appliance.media.pictures.convert import Limits
from appliance.media.pictures.decode import decode
from appliance.media.pictures.encode import as_pillow, encode, save
from appliance.media.pictures.exif import ORIENTATION, kept_exif, orientation
from appliance.media.pictures.frames import first_only
from appliance.media.pictures.labels import Labels
from appliance.media.pictures.metadata import labels_of, read_metadata
from appliance.media.pictures.opening import opened, picture_mime
from appliance.media.pictures.same_format import same_format
from appliance.media.provenance import XMP_HEAD

_FINE = 95
_LIMITS = Limits()
_XMP_TAG = 700
_NO_LIMIT = 2**62
_MOST_EXIF = 60_000  # bytes; a JPEG segment holds 65,533


def label(
    source: Path, target: Path, labels: Labels, *, limits: Limits = _LIMITS
) -> tuple[str, tuple[str, ...]]:
    """(format, warnings): write the picture to `target` with `labels` over those that it has.

    JPEG, PNG and WebP keep their pixels byte for byte; AVIF and TIFF are written anew, HEIC becomes
    JPEG. The camera's EXIF data stay, but for place, thumbnail and maker's notes.
    Raises: InvalidInput for formats that hold no words; else as `decode`.
    """
    form, warnings = same_format(source)
    mime = picture_mime(source)
    if form in ("gif", "bmp"):
        raise InvalidInput(
            f"{form.upper()} holds no such words: convert the picture to jpeg, png or webp first.",
            field="image",
        )
    told = labels.over(labels_of(read_metadata(source, limit_px=limits.px)))
    picture = decode(source, limit_px=limits.px)  # a damaged file is not handed on
    tags: dict[int, int | bytes] = {**told.exif()}
    if form == "tiff":
        # Pillow writes a TIFF's packet as a tag or not at all, and other letters as question marks.
        tags = {tag: text if text.isascii() else b"" for tag, text in told.exif().items()}
        tags[_XMP_TAG] = told.xmp().encode()
    exif = None if mime == SVG else _exif(source, mime, tags)
    if mime in STRIPS:
        _into(target, source.read_bytes(), mime, told, exif)
        return form, ()
    fine = PictureFormat(form, quality=_FINE)
    if form in ("avif", "tiff"):
        xmp = told.xmp().encode() if form == "avif" else None
        save(as_pillow(picture.pixels, fine), fine, target, xmp=xmp, exif=exif)
        return form, (f"The {form.upper()} was written anew.", *first_only(source))
    encode(picture, fine, target)
    _into(target, target.read_bytes(), WRITES[form].mime, told, exif)
    return form, (*warnings, *first_only(source))


def _exif(source: Path, mime: str, tags: Mapping[int, int | bytes]) -> bytes | None:
    with opened(source, mime, limit_px=_NO_LIMIT) as image:
        how = orientation(image) if mime in STRIPS else 1  # the others are written upright
        tags = tags if how == 1 else {**tags, ORIENTATION: how}
        kept = kept_exif(image, tags)
    too_long = kept is not None and len(kept) > _MOST_EXIF
    return kept_exif(Image.new("L", (1, 1)), tags) if too_long else kept


def _into(target: Path, data: bytes, mime: str, told: Labels, exif: bytes | None) -> None:
    xmp, bare = told.xmp().encode(), (exif or b"").removeprefix(EXIF_HEAD)
    match mime:
        case "image/jpeg":
            added = jpeg_segment(APP1, EXIF_HEAD + bare) if bare else b""
            added += jpeg_segment(APP1, XMP_HEAD + xmp) if xmp else b""
            done = jpeg_with(bare_jpeg(data), added)
        case "image/png":
            added = png_chunk(b"eXIf", bare) if bare else b""
            packet = b"XML:com.adobe.xmp\0\0\0\0\0" + xmp
            done = png_with(bare_png(data), added + (png_chunk(b"iTXt", packet) if xmp else b""))
        case _:
            chunks = {b"EXIF": bare, b"XMP ": xmp}
            done = webp_with(bare_webp(data), {kind: body for kind, body in chunks.items() if body})
    target.write_bytes(done)
