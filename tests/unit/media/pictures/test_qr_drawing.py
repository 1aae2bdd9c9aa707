"""A coded symbol as pixels, SVG and PDF."""

from __future__ import annotations

import re
import zlib

import cv2
import numpy as np
import pytest
import segno
import zxingcpp

from appliance.core.errors import InvalidInput
from appliance.core.picture import Picture
from appliance.media.pictures.qr_drawing import QrLook, pdf_bytes, raster, svg_bytes
from tests.support.media import colours

CODE = segno.make("hello", error="m", micro=False)
LOGO = Picture(colours(40, 40))


def test_modules_are_whole_pixels_of_two_colours():
    pixels = raster(CODE, QrLook(size=300, foreground="#102030", background="#FFEEDD"))

    assert set(map(tuple, pixels.reshape(-1, 3))) == {(16, 32, 48), (255, 238, 221)}
    dark = pixels[..., 0] == 16
    runs = np.diff(np.flatnonzero(np.diff(dark[dark.any(axis=1)][0].astype(int))))
    assert set(runs % (300 // 29)) == {0}


def test_what_is_left_over_goes_to_the_margin_on_all_sides():
    pixels = raster(CODE, QrLook(size=310))

    dark = np.argwhere(pixels[..., 0] == 0)
    assert dark.min() == (310 - 21 * (310 // 29)) // 2
    assert 310 - 1 - dark.max() - dark.min() in (0, 1)


@pytest.mark.parametrize(
    ("look", "clear"),
    [
        (QrLook(background="transparent"), (0, 0)),
        (QrLook(foreground="#000000", background="#FFFFFF80"), (0, 0)),
    ],
)
def test_a_transparent_background_gives_alpha(look, clear):
    pixels = raster(CODE, look)

    assert pixels.shape[2] == 4
    assert pixels[clear][3] < 255


def test_a_drawing_has_the_size_and_colours_asked_for():
    text = svg_bytes(
        CODE, QrLook(size=500, foreground="#102030", background="transparent")
    ).decode()

    assert 'width="500' in text
    assert "#102030" in text
    assert "<image" not in text
    assert "fill" not in text


def test_a_logo_is_embedded_in_the_middle_of_a_drawing():
    code = segno.make("hello", error="q", micro=False)
    text = svg_bytes(code, QrLook(size=500, logo=LOGO)).decode()

    x, width = (
        float(re.search(rf'<image[^>]* {name}="([0-9.]+)"', text)[1]) for name in ("x", "width")
    )
    assert x + width / 2 == pytest.approx(250, abs=0.01)
    assert "data:image/png;base64," in text


def page_of(pdf: bytes) -> np.ndarray:
    """The page of a segno PDF as pixels, 8 a module, from the lines in its content stream."""
    stream = zlib.decompress(re.search(rb"stream\r\n(.*?)\r\nendstream", pdf, re.DOTALL)[1])
    page = np.full((29, 29), 255, np.uint8)
    for x, y, end in re.findall(rb"(\d+) (-?\d+) m (\d+) -?\d+ l", stream):
        page[4 - int(y), 4 + int(x) : 4 + int(end)] = 0
    return page.repeat(8, 0).repeat(8, 1)


def test_the_lines_of_a_pdf_scan():
    assert zxingcpp.read_barcodes(page_of(pdf_bytes(CODE, QrLook())))[0].text == "hello"


def test_a_pdf_page_has_the_size_asked_for_and_no_clock():
    one, two = (pdf_bytes(CODE, QrLook(size=400)) for _ in range(2))

    box = re.search(rb"MediaBox \[0 0 ([0-9.]+) ([0-9.]+)\]", one)
    assert [float(each) for each in box.groups()] == pytest.approx([400, 400], abs=1)
    assert one == two


def test_a_pdf_with_a_logo_holds_pixels_that_scan():
    code = segno.make("hello", error="q", micro=False)
    pdf = pdf_bytes(code, QrLook(size=400, logo=LOGO))

    start = pdf.index(b"\xff\xd8")
    pixels = cv2.imdecode(np.frombuffer(pdf[start:], np.uint8), cv2.IMREAD_COLOR)
    assert pixels.shape == (400, 400, 3)
    assert zxingcpp.read_barcodes(pixels)[0].text == "hello"


@pytest.mark.parametrize(
    ("look", "field"),
    [
        (QrLook(foreground="#00000080"), "foreground"),
        (QrLook(foreground="transparent"), "foreground"),
        (QrLook(background="#FFFFFF80"), "background"),
    ],
)
def test_a_pdf_takes_no_half_transparent_colours(look, field):
    with pytest.raises(InvalidInput, match="svg, png or webp") as told:
        pdf_bytes(CODE, look)
    assert told.value.field == field


def test_a_pdf_may_have_no_background():
    assert len(pdf_bytes(CODE, QrLook(background="transparent"))) < len(pdf_bytes(CODE, QrLook()))
