from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.core.files import safe_name, safe_stem, stem


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("photo.png", "photo.png"),
        ("mi imagen.webp", "mi-imagen.webp"),
        ("Ñandú é.jpg", "Nandu-e.jpg"),
        ("/etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("C:\\Users\\Ada\\photo.png", "photo.png"),
        ("../../x", "x"),
        (".htaccess", "htaccess"),
        ("a\x00b\n.png", "a-b-.png"),
        ("写真.png", "png"),
        ("写真", "file"),
        ("", "file"),
        ("...", "file"),
        ("a" * 200 + ".jpeg", "a" * 70 + ".jpeg"),
        ("b" * 200, "b" * 80),
    ],
)
def test_a_senders_name_is_kept_in_a_safe_form(sent, kept):
    assert safe_name(sent) == kept


@given(st.text(max_size=300))
def test_a_safe_name_is_one_path_element_of_a_plain_alphabet(sent):
    kept = safe_name(sent)

    assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,79}", kept)


@given(st.text(alphabet=st.characters(codec="ascii"), max_size=60))
def test_a_safe_name_does_not_change_again(sent):
    once = safe_name(sent)

    assert safe_name(once) == once


def test_a_lone_surrogate_in_a_name_does_no_harm():
    assert safe_name("bad\ud800name.png") == "badname.png"


@pytest.mark.parametrize(
    ("name", "without"), [("mi-imagen.png", "mi-imagen"), ("a.b.c", "a.b"), ("plain", "plain")]
)
def test_the_stem_is_the_name_without_its_ending(name, without):
    assert stem(name) == without


@pytest.mark.parametrize(
    ("name", "kept"),
    [("mi imagen.png", "mi-imagen"), ("../a/b.tar.gz", "b.tar"), ("…", "file"), ("plain", "plain")],
)
def test_a_result_is_called_by_the_senders_name_made_safe(name, kept):
    assert safe_stem(name) == kept


def test_a_name_of_nothing_safe_is_the_fallback():
    assert safe_stem("¿?", fallback="qr") == "qr"
