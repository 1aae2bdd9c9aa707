"""Words about a picture."""

from __future__ import annotations

from appliance.media.pictures.labels import Labels
from appliance.media.pictures.xmp import read_xmp

MUG = Labels("Taza", "Una <taza> & más", "Ada", "© 2026 Ada", ("taza", "azul"))


def test_xmp_says_all_of_it():
    assert read_xmp(MUG.xmp()) == {
        "dc:title": "Taza",
        "dc:description": "Una <taza> & más",
        "dc:creator": ["Ada"],
        "dc:rights": "© 2026 Ada",
        "dc:subject": ["taza", "azul"],
    }


def test_exif_says_all_of_it_and_names_what_is_to_go():
    assert MUG.exif() == {
        0x010E: "Una <taza> & más".encode(),
        0x013B: b"Ada",
        0x8298: "© 2026 Ada".encode(),
        0x9C9B: "Taza\0".encode("utf-16-le"),
        0x9C9E: "taza;azul\0".encode("utf-16-le"),
    }
    assert set(Labels().exif().values()) == {b""}


def test_nothing_makes_no_packet():
    assert Labels(title="", keywords=()).xmp() == ""


def test_what_xml_has_no_place_for_is_left_out():
    assert read_xmp(Labels(title="a\x01b").xmp()) == {"dc:title": "ab"}


def test_what_is_told_lies_over_what_was():
    new = Labels(title="New", author="")

    assert new.over(MUG) == Labels("New", MUG.description, "", MUG.copyright, MUG.keywords)
