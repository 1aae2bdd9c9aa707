"""The five ways to resize."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from appliance.media.pictures import resize
from appliance.media.pictures.resize import FITS, Plan, plan
from tests.support.media import colours


def resized(pixels, how, **more):
    return np.asarray(resize.resized(Image.fromarray(pixels), how, **more))


@pytest.mark.parametrize(
    ("fit", "scaled", "canvas"),
    [
        ("cover", (200, 100), (100, 100)),
        ("contain", (100, 50), (100, 100)),
        ("fill", (100, 100), (100, 100)),
        ("inside", (100, 50), (100, 50)),
        ("outside", (200, 100), (200, 100)),
    ],
)
def test_each_fit_does_what_sharp_does(fit, scaled, canvas):
    assert plan((400, 200), 100, 100, fit) == Plan(scaled, canvas)


@pytest.mark.parametrize("fit", FITS)
def test_with_one_side_the_other_follows_the_shape(fit):
    assert plan((400, 200), 100, None, fit) == Plan((100, 50), (100, 50))
    assert plan((400, 200), None, 100, fit) == Plan((200, 100), (200, 100))
    assert plan((400, 200), None, None, fit) == Plan((400, 200), (400, 200))


def test_no_side_becomes_nothing():
    assert plan((10_000, 1), 100, None, "inside") == Plan((100, 1), (100, 1))


def test_small_pictures_are_enlarged():
    assert plan((10, 5), 100, 100, "inside").scaled == (100, 50)


def test_another_fit_is_a_mistake():
    with pytest.raises(ValueError, match="squeeze"):
        plan((1, 1), 1, 1, "squeeze")


def test_the_same_size_keeps_every_pixel():
    assert np.array_equal(resized(colours(), Plan((48, 32), (48, 32))), colours())


def test_what_sticks_out_is_cropped_on_both_sides():
    pixels = np.zeros((10, 30, 3), np.uint8)
    pixels[:, 10:20] = 255

    assert resized(pixels, Plan((30, 10), (10, 10))).min() == 255


def test_borders_are_clear_or_of_the_colour():
    pixels = np.full((10, 10, 3), 9, np.uint8)
    how = Plan((10, 10), (10, 20))

    clear, red = resized(pixels, how), resized(pixels, how, border="#FF0000")

    assert clear.shape == (20, 10, 4)
    assert (clear[0, 0].tolist(), clear[10, 5].tolist()) == ([0, 0, 0, 0], [9, 9, 9, 255])
    assert red.shape == (20, 10, 3)
    assert (red[0, 0].tolist(), red[10, 5].tolist()) == ([255, 0, 0], [9, 9, 9])


def test_clear_pixels_do_not_bleed_their_colour_into_the_edge():
    pixels = np.zeros((40, 40, 4), np.uint8)
    pixels[:, :20] = (255, 0, 0, 255)
    pixels[:, 20:] = (0, 255, 0, 0)  # green that nobody sees

    small = resized(pixels, Plan((10, 10), (10, 10)))

    assert small[small[..., 3] > 20][:, 1].max() <= 8


def test_shrinking_fine_stripes_gives_their_mean_and_no_moire():
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::2] = 255

    small = resized(stripes, Plan((16, 16), (16, 16)))
    assert np.abs(small[:, 2:-2].astype(int) - 128).max() <= 6
