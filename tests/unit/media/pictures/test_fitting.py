"""Pictures at another size, masks, and what they blend."""

from __future__ import annotations

import numpy as np
import pytest

from appliance.core.picture import Picture
from appliance.media.pictures.fitting import as_mask, blend, resize


def picture(*colour: int, width: int = 40, height: int = 20) -> Picture:
    return Picture(np.full((height, width, len(colour)), colour, np.uint8))


@pytest.mark.parametrize("size", [(80, 40), (10, 10), (13, 200)])
def test_a_picture_comes_out_at_exactly_the_size(size):
    large = resize(picture(1, 2, 3), *size)

    assert (large.width, large.height) == size
    assert (large.pixels == (1, 2, 3)).all()
    assert large.pixels.flags.c_contiguous


def test_another_shape_is_cropped_in_the_middle_or_stretched():
    pixels = np.zeros((20, 40, 3), np.uint8)
    pixels[:, 10:30] = 255

    assert resize(Picture(pixels), 20, 20).pixels.min() == 255
    assert resize(Picture(pixels), 20, 20, fit="fill").pixels[:, 0].max() == 0


def test_a_mask_is_how_white_and_how_opaque_a_picture_is():
    assert as_mask(picture(255, 255, 255)).dtype == np.float32
    assert as_mask(picture(255, 255, 255)).min() == 1
    assert as_mask(picture(0, 0, 0)).max() == 0
    assert as_mask(picture(255, 255, 255, 51))[0, 0] == pytest.approx(0.2)
    assert as_mask(picture(0, 255, 0))[0, 0] == pytest.approx(0.587)


def test_blending_takes_over_where_the_mask_is_one():
    mask = np.zeros((20, 40), np.float32)
    mask[:, 20:] = 1
    mask[0, 0] = 0.5

    mixed = blend(picture(0, 0, 0), picture(200, 100, 50), mask).pixels

    assert mixed[5, 5].tolist() == [0, 0, 0]
    assert mixed[5, 25].tolist() == [200, 100, 50]
    assert mixed[0, 0].tolist() == pytest.approx([100, 50, 25], abs=1)


def test_what_is_transparent_below_counts_as_white():
    mixed = blend(picture(0, 0, 0, 0), picture(9, 9, 9), np.zeros((20, 40), np.float32))

    assert (mixed.pixels == 255).all()
