from __future__ import annotations

import cv2
import numpy as np
import pytest

from appliance.media.marketplaces.outline import outline
from appliance.media.pictures.frame import Box
from tests.support.scenes import scene


def disc(size=(400, 400), at=(200, 200), radius=150, ground=255):
    pixels = np.full((size[1], size[0], 3), ground, np.uint8)
    cv2.circle(pixels, at, radius, (180, 30, 40), -1)
    return pixels


def test_on_white_the_product_is_what_is_not_white():
    found = outline(disc(), tolerance=0)

    assert (found.white, found.by, found.touches) == (1.0, "white", False)
    assert found.box == Box(51, 51, 299, 299)  # its outermost pixel counts as dust
    assert found.product[200, 200] == 255
    assert found.product[5, 5] == 0


@pytest.mark.parametrize(("level", "tolerance", "white"), [(254, 0, 0.0), (254, 2, 1.0)])
def test_white_is_exact_unless_a_tolerance_is_given(level, tolerance, white):
    assert outline(disc(ground=level), tolerance=tolerance).white == white


def test_the_share_of_white_in_the_ring_is_counted():
    pixels = disc(size=(400, 200), at=(200, 100), radius=60)
    pixels[:, 380:] = 200

    assert outline(pixels, tolerance=0).white == pytest.approx(1 - (2 * 200 + 2 * 36) / 2384)


def test_dust_does_not_widen_the_product():
    pixels = disc()
    pixels[3, 20] = 90

    assert outline(pixels, tolerance=0).box.left == 51


def test_what_jpeg_smears_around_the_product_is_not_the_product():
    smeared = disc()
    smeared[190:210, 41:52] = 244

    assert outline(smeared, tolerance=2).box.left == 51
    assert outline(smeared, tolerance=0).box.left == 41


def test_a_pale_part_is_the_product_in_jpeg_too():
    pixels = disc()
    pixels[190:210, 20:60] = 246

    assert outline(pixels, tolerance=2).box.left == 20


def test_a_product_at_the_edge_touches():
    found = outline(disc(at=(200, 385), radius=20), tolerance=0)

    assert found.by == "white"
    assert found.touches


def test_elsewhere_the_cut_out_finds_the_product():
    drawn = scene("bottle", "gradient", size=(450, 600))
    rows = np.flatnonzero((drawn.mask > 0.5).any(axis=1))

    found = outline(drawn.pixels, tolerance=0)

    assert found.by == "cut-out"
    assert found.box.top == pytest.approx(rows[0], abs=3)
    assert found.box.height == pytest.approx(len(rows), abs=6)


def test_nothing_is_found_in_an_empty_frame():
    assert outline(np.full((80, 80, 3), 255, np.uint8), tolerance=0).box is None
    assert outline(np.full((80, 80, 3), 120, np.uint8), tolerance=0).box is None
