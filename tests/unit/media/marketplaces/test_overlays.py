from __future__ import annotations

import cv2
import numpy as np
import pytest
import skimage
from PIL import Image, ImageDraw, ImageFont

from appliance.media.marketplaces.outline import outline
from appliance.media.marketplaces.overlays import overlays


def picture(draw=lambda _: None, side=800):
    image = Image.new("RGB", (side, side), "white")
    ImageDraw.Draw(image).ellipse((120, 120, 680, 640), fill=(170, 30, 40))
    draw(ImageDraw.Draw(image))
    return np.array(image)


def seen(pixels):
    return overlays(pixels, outline(pixels, tolerance=2))


def words(text, at, colour, size=48):
    return lambda pen: pen.text(at, text, colour, ImageFont.load_default(size))


def test_a_clean_product_has_none():
    found = seen(picture())

    assert (found.text_lines, found.faint_lines, found.framed) == (0, 0, False)


def test_words_beside_the_product_are_found():
    assert seen(picture(words("FREE SHIPPING", (60, 710), (20, 20, 20)))).text_lines > 0


def test_words_printed_on_the_product_are_its_own():
    assert seen(picture(words("ORGANIC TEA", (250, 350), (250, 245, 230)))).text_lines == 0


def test_a_pale_mark_across_the_product_is_found():
    pixels = picture()
    marked = picture(words("SAMPLE STUDIO", (220, 340), (255, 255, 255), 56))

    mixed = (pixels * 0.85 + marked * 0.15).round().astype(np.uint8)

    assert seen(mixed).faint_lines > 0


@pytest.mark.parametrize("inset", [0, 8])
def test_a_line_along_the_edges_is_a_frame(inset):
    box = (inset, inset, 799 - inset, 799 - inset)

    assert seen(picture(lambda pen: pen.rectangle(box, outline=(0, 0, 0), width=4))).framed


def test_a_coloured_band_along_the_edges_is_a_frame():
    assert seen(
        picture(lambda pen: pen.rectangle((0, 0, 799, 799), outline="navy", width=20))
    ).framed


def test_a_square_product_on_white_is_no_frame():
    pixels = np.full((600, 600, 3), 255, np.uint8)
    cv2.rectangle(pixels, (15, 15), (584, 584), (60, 80, 90), -1)

    assert not seen(pixels).framed


@pytest.mark.parametrize("name", ["coffee", "chelsea", "astronaut", "rocket"])
def test_photos_without_overlays_have_none(name):
    pixels = np.ascontiguousarray(getattr(skimage.data, name)())
    found = seen(pixels)

    assert (found.text_lines, found.faint_lines, found.framed) == (0, 0, False)
