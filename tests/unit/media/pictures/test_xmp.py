"""Reading XMP packets."""

from __future__ import annotations

import pytest

from appliance.media.pictures.xmp import read_xmp

RDF = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'


def packet(inside, attributes=""):
    spaces = 'xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:own="urn:own"'
    return (
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF {RDF}>'
        f'<rdf:Description rdf:about="" {spaces} {attributes}>{inside}</rdf:Description>'
        "</rdf:RDF></x:xmpmeta>"
    )


def test_attributes_and_elements_are_properties_alike():
    told = read_xmp(packet("<own:name>Cup</own:name>", 'xmp:Rating="5"'))

    assert told == {"xmp:Rating": "5", "own:name": "Cup"}


def test_lists_alternatives_and_structures():
    told = read_xmp(
        packet(
            "<own:bag><rdf:Bag><rdf:li>a</rdf:li><rdf:li>b</rdf:li></rdf:Bag></own:bag>"
            "<own:alt><rdf:Alt><rdf:li>one</rdf:li><rdf:li>eins</rdf:li></rdf:Alt></own:alt>"
            '<own:struct rdf:parseType="Resource"><own:x>1</own:x><own:y>2</own:y></own:struct>'
        )
    )

    assert told == {
        "own:bag": ["a", "b"],
        "own:alt": "one",
        "own:struct": {"own:x": "1", "own:y": "2"},
    }


def test_bytes_with_padding_are_read():
    assert read_xmp(b"\xef\xbb\xbf" + packet("<own:a>1</own:a>").encode() + b"  \0") == {
        "own:a": "1"
    }


@pytest.mark.parametrize(
    "damaged",
    [b"", b"<", b"no xml", b"<a/>", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
     b"<a>" * 100_000, b"\xff\xfe<\x00", b"<" + b"a" * 3_000_000 + b"/>"],
)  # fmt: skip
def test_what_cannot_be_read_says_nothing(damaged):
    assert read_xmp(damaged) == {}


def test_long_texts_are_cut():
    assert len(read_xmp(packet("<own:a>" + "x" * 9000 + "</own:a>"))["own:a"]) == 4000
