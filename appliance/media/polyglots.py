"""Files that are something else besides: a picture that is an archive or a document too.

Pure Python: the web process asks before anything is decoded. At most 130 KB of its ends are read,
of an SVG all of it, up to a limit.
"""

from __future__ import annotations

import re
from pathlib import Path

from appliance.core.errors import TooLarge, UnsupportedMedia
from appliance.core.files import Kind
from appliance.media.formats import READS, SVG

_ZIP_END, _ZIP_ENTRY = b"PK\x05\x06", b"PK\x01\x02"
_ZIP_END_BYTES = 22
_TAIL = 131_072  # an archive ends with a record and a comment of up to 64 KB
_PDF_HEAD = 1024  # readers of PDF look that far for its first line
_SVG_BYTES = 20_000_000
_ACTIVE = re.compile(
    r"<\s*(?:[\w.-]+:)?(?:script|foreignObject|iframe|embed|object|handler|listener)\b"
    r"|[\s\"'/]on[a-z]+\s*=\s*[\"']"
    r"|javascript:"
    r"|<!(?:DOCTYPE|ENTITY)"
    r"|<\?xml-stylesheet"
    r"|@import",
    re.IGNORECASE,
)
_REFERENCE = re.compile(
    r"(?:[\s:](?:href|src)\s*=\s*[\"']\s*|url\(\s*[\"']?\s*)"
    r"(?:https?:|ftp:|file:|data:(?!image/)|//|\.{0,2}/)",
    re.IGNORECASE,
)


def refuse_polyglot(path: Path, mime: str) -> None:
    """Let a file pass that is what `mime` (as `sniff` told) says and nothing else.

    Raises UnsupportedMedia for a picture that is also a ZIP or JAR archive or a PDF document, and
    for an SVG with scripts or with references beyond itself; TooLarge for an SVG over 20 MB.
    """
    if mime == SVG:
        _refuse_active(path)
    elif READS.get(mime) is Kind.IMAGE:
        with path.open("rb") as file:
            if b"%PDF-" in file.read(_PDF_HEAD):
                raise UnsupportedMedia("The picture is a PDF document too, which is not taken.")
            size = path.stat().st_size
            file.seek(max(0, size - _TAIL))
            if _is_archive(file.read(), size):
                raise UnsupportedMedia("The picture is an archive too (ZIP), which is not taken.")


def _is_archive(tail: bytes, size: int) -> bool:
    """Whether the file ends as an archive does: a record that leads back to a first entry.

    Four bytes alone stand in pictures by chance.
    """
    at = tail.rfind(_ZIP_END)
    if at < 0 or at + _ZIP_END_BYTES > len(tail):
        return False
    length = int.from_bytes(tail[at + 12 : at + 16], "little")
    begins = at - length  # entries lie right before the record, wherever the archive begins
    if begins >= 0:
        return length == 0 or tail[begins : begins + 4] == _ZIP_ENTRY
    return length < size


def _refuse_active(path: Path) -> None:
    if path.stat().st_size > _SVG_BYTES:
        raise TooLarge(f"An SVG may have at most {_SVG_BYTES // 1_000_000} MB.")
    text = _text(path.read_bytes())
    if _ACTIVE.search(text):
        raise UnsupportedMedia("The SVG has scripts or other active parts. Save it as plain SVG.")
    if _REFERENCE.search(text):
        raise UnsupportedMedia(
            "The SVG refers to files outside itself. Save it with its pictures embedded."
        )


def _text(data: bytes) -> str:
    # What matters is written in ASCII, whatever the file's own coding; UTF-16 has zeros between.
    return data.replace(b"\0", b"").decode("latin-1")
