"""256 colours for GIF."""

from __future__ import annotations

import numpy as np

from appliance.media.pictures.palette import CLEAR, indexed
from tests.support.media import colours


def test_colours_come_close_and_nothing_is_clear():
    done = indexed(colours(64, 64), "#FFFFFF")

    assert "transparency" not in done.info
    assert np.abs(np.asarray(done.convert("RGB")).astype(int) - colours(64, 64)).mean() < 8


def test_less_than_half_opaque_is_clear_and_the_rest_lies_on_the_matte():
    pixels = np.zeros((1, 3, 4), np.uint8)
    pixels[0, :, 3] = (0, 127, 255)

    done = indexed(pixels, "#FFFFFF")

    assert done.info["transparency"] == CLEAR
    assert np.asarray(done.convert("RGBA"))[0, :, 3].tolist() == [0, 0, 255]
    assert np.asarray(done.convert("RGBA"))[0, 2, :3].tolist() == [0, 0, 0]


def test_few_colours_are_kept_exactly():
    pixels = np.zeros((4, 4, 3), np.uint8)
    pixels[:2] = (12, 200, 77)

    assert np.array_equal(np.asarray(indexed(pixels, "#FFFFFF").convert("RGB")), pixels)
