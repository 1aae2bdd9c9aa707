"""Pictures in a grid."""

from __future__ import annotations

import numpy as np
import pytest

from appliance.core.errors import BrokenMedia, TooLarge
from appliance.media.pictures.collage import Collage, collage
from tests.support.media import truncated, written

RED, BLUE = (200, 0, 0), (0, 0, 200)


@pytest.fixture
def files(tmp_path):
    made = []
    for number, colour in enumerate([RED, BLUE, RED]):
        folder = tmp_path / str(number)
        folder.mkdir()
        made.append(written(folder, "png", np.full((20, 40, 3), colour, np.uint8)))
    return made


@pytest.mark.parametrize(
    ("count", "columns", "grid"),
    [(2, None, (2, 1)), (3, None, (2, 2)), (50, None, (8, 7)), (3, 1, (1, 3)), (2, 9, (2, 1))],
)
def test_a_grid_is_square_unless_it_has_columns(count, columns, grid):
    assert Collage((10, 10), columns).grid(count) == grid


def test_pictures_lie_in_reading_order_with_gaps_around(files):
    done = collage(files, Collage((20, 20), gap=4, background="#00FF00"), limit_px=10**6).pixels

    assert done.shape == (52, 52, 3)
    assert tuple(done[10, 10]) == RED
    assert tuple(done[10, 40]) == BLUE
    assert tuple(done[40, 10]) == RED
    for place in ((0, 0), (26, 26), (40, 40)):
        assert tuple(done[place]) == (0, 255, 0)


def test_contain_shows_all_on_the_background(files):
    done = collage(
        files[:2], Collage((20, 20), fit="contain", background="#00FF00"), limit_px=10**6
    )

    assert tuple(done.pixels[1, 10]) == (0, 255, 0)
    assert tuple(done.pixels[10, 10]) == RED


def test_a_transparent_ground_stays_so(files):
    done = collage(files[:2], Collage((20, 20), gap=2, background="transparent"), limit_px=10**6)

    assert done.pixels[0, 0].tolist() == [0, 0, 0, 0]
    assert done.pixels[10, 10].tolist() == [*RED, 255]


def test_each_picture_is_told(files):
    told = []

    collage(files, Collage((20, 20)), limit_px=10**6, each=told.append)

    assert told == [1, 2, 3]


def test_a_damaged_picture_is_named_by_its_number(files):
    with pytest.raises(BrokenMedia, match="Picture 2"):
        collage([files[0], truncated(files[1])], Collage((20, 20)), limit_px=10**6)


def test_too_large_a_whole_is_refused_before_anything_is_read(files):
    with pytest.raises(TooLarge, match="2000"):
        collage([files[0] / "missing"] * 4, Collage((1000, 1000)), limit_px=10**6)
