"""Saying inside a picture file how it was made, without touching its pixels. Pure Python."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from appliance.media.chunks import jpeg_segment, jpeg_with, png_chunk, png_with, webp_with

DESCRIBES = frozenset({"image/png", "image/jpeg", "image/webp"})
FACTS_NAMESPACE = "urn:studio-appliance:facts:"
_LONGEST = 8000
XMP_HEAD = b"http://ns.adobe.com/xap/1.0/\0"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,78}")
_APP1, _COMMENT = 0xE1, 0xFE


def xmp_packet(source_type_uri: str | None, facts: Mapping[str, str]) -> str:
    """An XMP packet that tells `facts`, and with `source_type_uri` where the picture came from.

    The latter is IPTC's DigitalSourceType, such as
    http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia. Names of facts must be
    XML names without colon; values are cut at 8000 characters, and characters that XML has no
    place for are left out. Raises ValueError for another name.
    """
    source = (
        f" Iptc4xmpExt:DigitalSourceType={quoteattr(xml_text(source_type_uri))}"
        if source_type_uri
        else ""
    )
    told = "".join(
        f"<made:{_name(name)}>{escape(xml_text(value))}</made:{name}>"
        for name, value in facts.items()
    )
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about=""'
        ' xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
        f' xmlns:made="{FACTS_NAMESPACE}"{source}>{told}</rdf:Description>'
        '</rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
    )


def _name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} cannot be the name of a fact")
    return name


def xml_text(value: str) -> str:
    """The text without characters that XML has no place for, cut at 8000."""
    return _NOT_XML.sub("", value)[:_LONGEST]


def describe(path: Path, mime: str, facts: Mapping[str, str], xmp: str | None) -> None:
    """Write facts and an XMP packet into an encoded file, keeping its pixels byte for byte.

    PNG: an iTXt chunk a fact and one for the packet. JPEG: the packet, and the facts as a comment.
    WebP: the packet only, there is no place for a comment. Other kinds (not in DESCRIBES) stay as
    they are: give `encode` the packet for avif and tiff. Raises BrokenMedia for a damaged file,
    ValueError for a packet too long for JPEG (65,502 bytes) or a fact with no proper name.
    """
    if mime not in DESCRIBES:
        return
    told = {_name(name): xml_text(value) for name, value in facts.items()}
    data = path.read_bytes()
    match mime:
        case "image/png":
            data = _in_png(data, told, xmp)
        case "image/jpeg":
            data = _in_jpeg(data, told, xmp)
        case _:
            data = _in_webp(data, xmp)
    path.write_bytes(data)


def _in_png(data: bytes, facts: Mapping[str, str], xmp: str | None) -> bytes:
    texts = dict(facts) | ({"XML:com.adobe.xmp": xmp} if xmp else {})
    added = b"".join(
        # keyword, two zeros: not compressed, no language, no translated keyword
        png_chunk(b"iTXt", name.encode("latin-1") + b"\0\0\0\0\0" + value.encode())
        for name, value in texts.items()
    )
    return png_with(data, added)


def _in_jpeg(data: bytes, facts: Mapping[str, str], xmp: str | None) -> bytes:
    added = jpeg_segment(_APP1, XMP_HEAD + xmp.encode()) if xmp else b""
    if facts:
        comment = "\n".join(f"{name}: {value}" for name, value in facts.items())
        added += jpeg_segment(_COMMENT, comment.encode()[:65000].decode(errors="ignore").encode())
    return jpeg_with(data, added)


def _in_webp(data: bytes, xmp: str | None) -> bytes:
    return webp_with(data, {b"XMP ": xmp.encode()} if xmp else {})
