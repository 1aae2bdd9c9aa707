"""Cutting a picture into tiles and laying it together again."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.engines.upscaling.tiles import Margins, paint, spans, tiles


def nearest(pixels, factor):
    return pixels.repeat(factor, 0).repeat(factor, 1)


def photo(width, height):
    return np.random.default_rng(1).integers(0, 256, (height, width, 3), dtype=np.uint8)


@given(
    length=st.integers(1, 3000),
    ground=st.integers(1, 300),
    context=st.integers(0, 40),
    fade=st.integers(0, 30),
)
@settings(deadline=None)
def test_spans_cover_the_length_within_their_side_and_with_their_context(
    length, ground, context, fade
):
    margins = Margins(context, fade)
    side = ground + margins.around

    found = spans(length, side, margins)

    assert found[0].paint.start == 0
    assert found[-1].paint.stop == length
    for left, right in pairwise(found):
        assert left.paint.stop - right.paint.start == fade
    for each in found:
        assert each.read.stop - each.read.start <= side
        assert each.read.start == max(0, each.paint.start - context) or len(found) == 1
        assert each.read.stop == min(length, each.paint.stop + context) or len(found) == 1


def test_a_picture_no_larger_than_a_tile_is_one_tile():
    assert len(list(tiles(256, 100, 256, Margins(24, 16)))) == 1
    assert len(list(tiles(257, 100, 256, Margins(24, 16)))) == 2


@pytest.mark.parametrize("margins", [Margins(18, 0), Margins(24, 16), Margins(0, 0)])
def test_what_needs_no_surroundings_is_laid_together_exactly(margins):
    small = photo(201, 77)
    canvas = np.zeros((77 * 4, 201 * 4, 3), np.uint8)

    for tile in tiles(201, 77, 30 + margins.around, margins):
        read = small[tile.rows.read, tile.columns.read]
        paint(canvas, tile, nearest(read, 4), factor=4, fade=margins.fade)

    assert np.array_equal(canvas, nearest(small, 4))


def test_a_tile_that_differs_fades_in_instead_of_beginning_abruptly():
    margins = Margins(2, 8)
    canvas = np.zeros((40, 160, 3), np.uint8)

    for n, tile in enumerate(tiles(80, 20, 60, margins)):
        rows, columns = tile.rows.read, tile.columns.read
        shape = ((rows.stop - rows.start) * 2, (columns.stop - columns.start) * 2, 3)
        paint(canvas, tile, np.full(shape, 160 * n, np.uint8), factor=2, fade=margins.fade)

    steps = np.diff(canvas[0, :, 0].astype(int))
    assert (canvas[:, 0].max(), canvas[:, -1].min()) == (0, 160)
    assert 0 <= steps.min() <= steps.max() <= 10
