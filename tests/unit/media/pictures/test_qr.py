"""QR codes, read back by a scanner."""

from __future__ import annotations

import numpy as np
import pytest
import zxingcpp

from appliance.core.errors import InvalidInput
from appliance.core.picture import Picture
from appliance.media.pictures.decode import decode
from appliance.media.pictures.matte import over
from appliance.media.pictures.qr import qr
from appliance.media.pictures.qr_drawing import QrLook
from tests.support.media import colours

TEXTS = ["hi", "https://example.com/a?b=ü&c=漢字", "12345" * 30, "x" * 1000, "日本語", "a\nb\té"]


def scanned(path) -> str:
    pixels = over(decode(path, limit_px=20_000_000).pixels, "#FFFFFF")
    found = zxingcpp.read_barcodes(np.ascontiguousarray(pixels))
    return found[0].text if found else ""


@pytest.mark.parametrize("form", ["png", "webp", "svg"])
@pytest.mark.parametrize("text", TEXTS)
def test_a_scanner_reads_what_was_written(tmp_path, form, text):
    qr(text, form, tmp_path / "code", QrLook())

    assert scanned(tmp_path / "code") == text


@pytest.mark.parametrize("form", ["png", "webp", "svg"])
@pytest.mark.parametrize("correction", "LMQH")
@pytest.mark.parametrize("size", [300, 1024])
def test_a_code_with_a_logo_is_still_read(tmp_path, form, correction, size):
    logo = Picture(np.random.default_rng(6).integers(0, 255, (90, 120, 3), np.uint8))

    code = qr(TEXTS[1], form, tmp_path / "code", QrLook(size, correction=correction, logo=logo))

    assert scanned(tmp_path / "code") == TEXTS[1]
    assert code.correction in "QH"


def test_a_dark_logo_on_a_long_text_is_still_read(tmp_path):
    logo = Picture(np.zeros((64, 64, 3), np.uint8))
    qr("https://example.com/" + "x" * 400, "png", tmp_path / "code", QrLook(logo=logo))

    assert scanned(tmp_path / "code").endswith("x" * 400)


def test_version_and_modules_fit_each_other(tmp_path):
    code = qr("x" * 300, "png", tmp_path / "code", QrLook(correction="L"))

    assert code.modules == 17 + 4 * code.version


@pytest.mark.parametrize("size", [64, 100, 333, 1024])
def test_the_picture_is_exactly_as_large_as_asked(tmp_path, size):
    qr("hi", "png", tmp_path / "code", QrLook(size=size))

    assert decode(tmp_path / "code", limit_px=10**7).pixels.shape == (size, size, 3)


def test_the_longest_text_fits_at_the_lowest_correction_only(tmp_path):
    longest = "a" * 2953
    code = qr(longest, "png", tmp_path / "code", QrLook(correction="L"))

    assert (code.version, code.correction) == (40, "L")
    assert scanned(tmp_path / "code") == longest
    with pytest.raises(InvalidInput, match="choose a lower level") as told:
        qr(longest, "png", tmp_path / "code", QrLook(correction="M"))
    assert told.value.field == "text"


def test_fewer_pixels_than_modules_are_refused(tmp_path):
    with pytest.raises(InvalidInput, match="at least as many pixels") as told:
        qr("x" * 2000, "png", tmp_path / "code", QrLook(size=64, correction="L"))
    assert told.value.field == "size"


@pytest.mark.parametrize(
    ("look", "word"),
    [
        (QrLook(foreground="#CCCCCC"), "too little"),
        (QrLook(foreground="#FFFFFF", background="#000000"), "lighter"),
        (QrLook(background="transparent"), "light surface"),
        (QrLook(margin=1), "margin"),
        (QrLook(size=70), "px wide"),
        (QrLook(foreground="#00000030"), "too little"),
    ],
)
def test_what_scanners_find_hard_is_told(tmp_path, look, word):
    code = qr("hello", "png", tmp_path / "code", look)

    assert any(word in warning for warning in code.warnings)


def test_the_usual_code_has_no_warnings(tmp_path):
    assert qr("hello", "png", tmp_path / "code", QrLook()).warnings == ()
    assert qr("hello", "svg", tmp_path / "code", QrLook(foreground="#1A3A6B")).warnings == ()


def test_a_logo_with_transparency_is_laid_on_the_background(tmp_path):
    logo = Picture(colours(60, 60, alpha=True))
    qr("hello", "png", tmp_path / "code", QrLook(logo=logo))

    assert scanned(tmp_path / "code") == "hello"
    assert decode(tmp_path / "code", limit_px=10**7).pixels.shape[2] == 3
