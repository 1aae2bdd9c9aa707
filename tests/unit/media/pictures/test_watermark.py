"""Laying marks on pictures."""

from __future__ import annotations

import numpy as np
import pytest

from appliance.core.operation import PNG
from appliance.core.picture import Picture
from appliance.media.pictures.decode import decode
from appliance.media.pictures.watermark import PLACES, Mark, watermark
from tests.support.media import written

GREY = np.full((200, 300, 3), 100, np.uint8)
WHITE = Picture(np.full((20, 40, 3), 255, np.uint8))


@pytest.fixture
def marked(tmp_path):
    """The pixels of a picture with a mark on it."""

    def make(pixels=GREY, drawn=WHITE, **how):
        source, target = written(tmp_path, "png", pixels), tmp_path / "target"
        mark = Mark(**({"opacity": 1.0, "scale": 0.1} | how))
        height, width = pixels.shape[:2]
        assert watermark(source, target, drawn, mark, PNG) == (width, height)
        return decode(target, limit_px=10**8).pixels

    return make


@pytest.mark.parametrize("place", PLACES)
def test_a_mark_lies_where_it_is_put(marked, place):
    rows, columns = np.nonzero(marked(place=place)[..., 0] > 200)

    across, down = PLACES[place]
    margin = 6
    assert columns.min() == pytest.approx(margin + across * (300 - 30 - 2 * margin), abs=1)
    assert rows.min() == pytest.approx(margin + down * (200 - 15 - 2 * margin), abs=1)
    assert (np.ptp(columns) + 1, np.ptp(rows) + 1) == (30, 15)


@pytest.mark.parametrize(("opacity", "level"), [(0.0, 100), (0.5, 178), (1.0, 255)])
def test_opacity_mixes(marked, opacity, level):
    assert marked(opacity=opacity, place="center")[100, 150, 0] == pytest.approx(level, abs=1)


def test_tiles_cover_all_corners_of_the_picture(marked):
    pixels = marked(tile=True)[..., 0] > 200

    for rows in (slice(0, 100), slice(100, 200)):
        for columns in (slice(0, 150), slice(150, 300)):
            assert 0.05 < pixels[rows, columns].mean() < 0.6


def test_tiles_of_a_pixel_come_to_an_end(marked):
    black = np.zeros((4000, 4000, 3), np.uint8)

    assert marked(black, Picture(np.full((1, 400, 3), 9, np.uint8)), scale=0.01, tile=True).any()


def test_a_turned_mark_stands_upright(marked):
    rows, columns = np.nonzero(marked(rotation=90, place="center", scale=0.2)[..., 0] > 200)

    assert np.ptp(rows) > 1.8 * np.ptp(columns)


def test_the_marks_own_transparency_counts(marked):
    drawn = Picture(np.dstack([np.full((20, 40, 3), 255, np.uint8), np.zeros((20, 40), np.uint8)]))

    assert np.array_equal(marked(drawn=drawn), GREY)


@pytest.mark.parametrize("tile", [True, False])
def test_on_transparency_the_mark_is_seen_and_the_rest_stays_clear(marked, tile):
    pixels = marked(np.zeros((200, 300, 4), np.uint8), tile=tile, opacity=0.5)

    assert 0 < (pixels[..., 3] == 128).mean() < 0.6
    assert set(np.unique(pixels[..., 3])) == {0, 128}
    assert (pixels[pixels[..., 3] == 128][:, :3] == 255).all()
