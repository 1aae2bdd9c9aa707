"""The first tag of an SVG."""

from __future__ import annotations

import pytest

from appliance.core.errors import BrokenMedia, UnsupportedMedia
from appliance.media.svg import svg_size
from tests.support.media import svg


@pytest.mark.parametrize(
    ("attributes", "size"),
    [
        ('width="20" height="10"', (20, 10)),
        ('width="1in" height="2.54cm"', (96, 96)),
        ('width="12pt" height="1pc"', (16, 16)),
        ('width="25.4mm" height="2em"', (96, 32)),
        ('viewBox="0 0 50 20"', (50, 20)),
        ('viewBox="0,0,50,20" width="50%"', (25, 20)),
        ('width="50"', None),
        ('width="50" height="-3"', None),
        ('width="wide" height="5"', None),
        ('width="9e9" height="5"', None),
        ('viewBox="0 0 0 20"', None),
        ("", None),
    ],
)
def test_the_root_tag_tells_the_size_in_pixels_or_nothing(attributes, size):
    assert svg_size(svg("", attributes).encode()) == (pytest.approx(size) if size else None)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_other_encodings_are_read(encoding):
    text = '<?xml version="1.0"?>' + svg("", 'width="3" height="4"')

    assert svg_size(text.encode(encoding)) == (3, 4)


@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://example.org/svg.dtd">',
        '<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>',
        '<!DOCTYPE svg [<!ENTITY file SYSTEM "file:///etc/passwd">]>',
    ],
)
def test_a_document_type_declaration_is_refused_whatever_it_says(head):
    with pytest.raises(UnsupportedMedia, match="document type"):
        svg_size((head + svg("")).encode())


@pytest.mark.parametrize("text", ["<html><svg/></html>", '<svg xmlns="urn:other"/>', "<a/>"])
def test_other_xml_is_no_svg(text):
    with pytest.raises(UnsupportedMedia, match="not <svg>"):
        svg_size(text.encode())


@pytest.mark.parametrize("text", ["<svg", "<&></svg>", "<svg a=1/>", "<", "", "svg"])
def test_what_is_no_well_formed_xml_is_broken(text):
    with pytest.raises(BrokenMedia):
        svg_size(text.encode())


def test_an_unknown_encoding_is_broken():
    with pytest.raises(BrokenMedia):
        svg_size(b'<?xml version="1.0" encoding="klingon"?><svg/>')
