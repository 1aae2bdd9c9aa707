"""Cutting parts out of pictures."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from appliance.core.errors import InvalidInput
from appliance.core.picture import Picture
from appliance.media.pictures.crop import crop, cut_box
from appliance.media.pictures.frame import Box
from tests.support.media import colours


def with_ball(at, size=(300, 200)):
    pixels = np.full((size[1], size[0], 3), 220, np.uint8)
    cv2.circle(pixels, at, 25, (200, 30, 30), -1, cv2.LINE_AA)
    return Picture(pixels)


def test_a_box_is_cut_as_it_is():
    picture = Picture(colours(40, 30))

    part = cut_box(picture, Box(5, 7, 10, 20))

    assert np.array_equal(part.pixels, picture.pixels[7:27, 5:15])
    assert part.pixels.flags.c_contiguous


@pytest.mark.parametrize(("box", "field"), [(Box(31, 0, 10, 5), "x"), (Box(0, 26, 5, 5), "y")])
def test_a_box_that_reaches_out_is_refused(box, field):
    with pytest.raises(InvalidInput) as told:
        cut_box(Picture(colours(40, 30)), box)
    assert told.value.field == field


@pytest.mark.parametrize("at", [(50, 100), (150, 100), (250, 100)])
def test_smart_has_what_stands_out_in_the_middle_if_it_can(at):
    part, box = crop(with_ball(at), 1.0, smart=True)

    assert (part.width, part.height) == (200, 200)
    assert box.left == pytest.approx(min(100, max(0, at[0] - 100)), abs=12)


def test_smart_looks_up_and_down_too():
    _, box = crop(with_ball((100, 250), (200, 300)), 1.0, smart=True)

    assert box.top == pytest.approx(100, abs=6)


@pytest.mark.parametrize("smart", [True, False])
def test_where_nothing_stands_out_the_middle_is_taken(smart):
    _, box = crop(Picture(np.full((200, 300, 3), 90, np.uint8)), 1.0, smart=smart)

    assert (box.left, box.top) == (50, 0)


def test_center_heeds_nothing():
    assert crop(with_ball((250, 100)), 1.0, smart=False)[1].left == 50


@pytest.mark.parametrize("aspect", [1 / 5000, 5000.0])
def test_a_shape_has_a_pixel_at_least(aspect):
    part, _ = crop(Picture(colours(40, 30)), aspect, smart=True)

    assert min(part.width, part.height) == 1
