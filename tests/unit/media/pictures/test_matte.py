"""Colours as text, and under transparency."""

from __future__ import annotations

import numpy as np
import pytest

from appliance.media.pictures.matte import blend, over, read_colour


@pytest.mark.parametrize(
    ("text", "colour"),
    [
        ("#FFFFFF", (255, 255, 255, 255)),
        ("#01020304", (1, 2, 3, 4)),
        ("#abCDef", (171, 205, 239, 255)),
        ("transparent", (0, 0, 0, 0)),
    ],
)
def test_colours_are_read(text, colour):
    assert read_colour(text) == colour


@pytest.mark.parametrize("text", ["FFFFFF", "#FFF", "#GGGGGG", "red", ""])
def test_other_texts_are_no_colours(text):
    with pytest.raises(ValueError, match=r"."):
        read_colour(text)


def test_opaque_pixels_stay_and_clear_ones_show_the_matte():
    pixels = np.array([[[10, 20, 30, 255], [10, 20, 30, 0], [0, 0, 0, 128]]], np.uint8)

    assert over(pixels, "#FF0080").tolist() == [[[10, 20, 30], [255, 0, 128], [127, 0, 64]]]


def test_without_alpha_nothing_changes():
    pixels = np.full((2, 2, 3), 7, np.uint8)

    assert over(pixels, "#FFFFFF") is pixels


def test_blending_rounds_as_exact_arithmetic_does():
    rng = np.random.default_rng(2)
    front, back = rng.integers(0, 256, (2, 600, 5, 3)).astype(np.uint8)
    alpha = rng.integers(0, 256, (600, 5)).astype(np.uint8)

    share = alpha[..., None] / 255
    exact = front * share + back * (1 - share)
    assert np.abs(blend(front, back, alpha) - exact).max() <= 0.5 + 1e-9
