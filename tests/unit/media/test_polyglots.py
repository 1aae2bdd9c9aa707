from __future__ import annotations

import io
import random
import zipfile

import pytest

from appliance.core.errors import TooLarge, UnsupportedMedia
from appliance.media import polyglots
from appliance.media.polyglots import refuse_polyglot
from tests.unit.services.files.test_uploads import png

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8">{}</svg>'


def archive(comment: bytes = b"", size: int = 10) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        made.writestr("Main.class", b"\xca\xfe\xba\xbe" * size)
        made.comment = comment
    return buffer.getvalue()


def let_pass(tmp_path, content: bytes, mime: str = "image/png") -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    refuse_polyglot(path, mime)


@pytest.mark.parametrize("mime", ["image/png", "image/gif", "image/jpeg", "image/webp"])
@pytest.mark.parametrize("comment", [b"", b"c" * 1000, b"c" * 65_535])
def test_a_picture_that_is_an_archive_too_is_refused(tmp_path, mime, comment):
    for tail in (archive(comment), archive(comment) + b"\0" * 20, archive(comment, 30_000)):
        with pytest.raises(UnsupportedMedia, match="archive"):
            let_pass(tmp_path, png() + tail[:-1] if tail[-1:] == b"c" else png() + tail, mime)


def test_an_archive_with_many_entries_is_refused(tmp_path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        for number in range(2000):
            made.writestr(f"{number:040}", b"")

    with pytest.raises(UnsupportedMedia, match="archive"):
        let_pass(tmp_path, png() + buffer.getvalue())


def test_a_picture_that_is_a_document_too_is_refused(tmp_path):
    with pytest.raises(UnsupportedMedia, match="PDF"):
        let_pass(tmp_path, png()[:40] + b"%PDF-1.7\n" + png()[40:])


def test_the_marks_of_an_archive_alone_are_none(tmp_path):
    noise = random.Random(7).randbytes(100_000)

    for tail in (b"PK\x05\x06", b"PK\x05\x06" + b"\x11" * 18, b"PK\x03\x04" + noise, noise):
        let_pass(tmp_path, png() + tail)
    let_pass(tmp_path, png() + b"\0" * 2000 + b"%PDF-1.7")  # too late for any reader
    let_pass(tmp_path, archive(), "video/mp4")  # only pictures are asked about


@pytest.mark.parametrize(
    "inside",
    [
        "<script>alert(1)</script>",
        "<svg:script xmlns:svg='http://www.w3.org/2000/svg'/>",
        "<SCRIPT/>",
        '<rect width="1" height="1" onload="alert(1)"/>',
        "<rect\nonclick='x()'/>",
        '<a href="javascript:alert(1)"/>',
        "<foreignObject/>",
        '<image href="https://example.com/a.png"/>',
        '<image xlink:href="//example.com/a.png"/>',
        '<image href="file:///etc/passwd"/>',
        '<image href="/etc/passwd"/>',
        '<image href="../a.png"/>',
        '<use href="data:text/html,x"/>',
        '<rect style="fill:url(https://example.com/a)"/>',
        "<rect style=\"fill:url( 'http://example.com/a')\"/>",
        "<style>@import 'a.css';</style>",
    ],
)
@pytest.mark.parametrize("coding", ["utf-8", "utf-16"])
def test_an_svg_that_does_or_fetches_something_is_refused(tmp_path, inside, coding):
    with pytest.raises(UnsupportedMedia, match="SVG"):
        let_pass(tmp_path, SVG.format(inside).encode(coding), "image/svg+xml")


@pytest.mark.parametrize(
    "inside",
    [
        "",
        '<rect width="1" height="1" fill="url(#g)"/>',
        '<use href="#a"/>',
        '<image href="data:image/png;base64,AAAA"/>',
        "<text>on the script of https://example.com/</text>",
        "<metadata rdf:about='http://example.com'/>",
    ],
)
def test_a_plain_svg_passes(tmp_path, inside):
    let_pass(tmp_path, SVG.format(inside).encode(), "image/svg+xml")


def test_an_svg_has_a_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(polyglots, "_SVG_BYTES", 50)

    with pytest.raises(TooLarge):
        let_pass(tmp_path, SVG.format(" " * 50).encode(), "image/svg+xml")
