"""Soft edges and clean colours."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from appliance.media.pictures.matting import matte, mixture
from tests.support.scenes import scene

RED, BLUE = (200, 40, 30), (60, 110, 190)


def disk(side: int, radius: float) -> np.ndarray:
    """The exact share of each pixel inside a circle, nearly: H×W float32."""
    stencil = np.zeros((side * 8, side * 8), np.uint8)
    cv2.circle(stencil, (side * 4, side * 4), round(radius * 8), 1, -1)
    return cv2.resize(stencil.astype(np.float32), (side, side), interpolation=cv2.INTER_AREA)


def mixed(share: np.ndarray) -> np.ndarray:
    pixels = share[..., None] * np.array(RED) + (1 - share[..., None]) * np.array(BLUE)
    return np.rint(pixels).astype(np.uint8)


@pytest.mark.parametrize("off", [0, 2])
def test_alpha_is_the_share_that_explains_each_pixel_even_if_the_mask_is_off(off):
    share = disk(120, 40)

    alpha, _ = matte(mixed(share), disk(120, 40 + off) > 0.5, edge_px=4)

    assert np.abs(alpha - share).max() < 0.02


def test_the_backgrounds_colour_is_taken_out_of_the_edge():
    share = disk(120, 40)

    alpha, colours = matte(mixed(share), share > 0.5, edge_px=3)

    edge = (alpha > 0.05) & (alpha < 1)
    assert edge.sum() > 100
    assert np.abs(colours[edge].astype(int) - RED).max() <= 6


def test_beyond_the_band_pixels_are_as_they_were():
    share = disk(120, 40)
    pixels = mixed(share)

    alpha, colours = matte(pixels, share > 0.5, edge_px=3)

    assert np.array_equal(colours[alpha == 1], pixels[alpha == 1])
    assert (alpha[50:70, 50:70] == 1).all()
    assert not alpha[:10].any()


def test_a_small_mask_serves_a_large_picture():
    share = disk(480, 160)
    small = cv2.resize(share, (120, 120), interpolation=cv2.INTER_AREA) > 0.5

    alpha, _ = matte(mixed(share), small, edge_px=2)

    assert alpha.shape == (480, 480)
    assert np.abs(alpha - share).mean() < 0.0005


def test_where_both_sides_look_alike_the_mask_decides():
    pixels = np.full((80, 80, 3), 120, np.uint8)
    mask = disk(80, 25) > 0.5

    alpha, _ = matte(pixels, mask, edge_px=3)

    assert (alpha > 0.5).sum() == pytest.approx(mask.sum(), rel=0.05)


def test_thin_parts_have_a_colour_of_their_own():
    pixels = np.full((80, 80, 3), BLUE, np.uint8)
    pixels[38:42] = RED
    mask = np.zeros((80, 80), bool)
    mask[38:42] = True

    alpha, colours = matte(pixels, mask, edge_px=4)

    assert alpha[38:42, 20:60].min() > 0.9
    assert alpha[30:36].max() < 0.1
    assert np.abs(colours[39, 40].astype(int) - RED).max() < 10


def test_the_mixture_tells_both_colours_at_the_edge():
    share = disk(120, 40)

    product, ground = mixture(mixed(share), share > 0.5, edge_px=3)

    assert np.abs(product[60, 100] - RED).max() < 2
    assert np.abs(ground[60, 100] - BLUE).max() < 2


def test_a_photo_of_many_pixels_is_done_in_parts():
    drawn = scene("shoe", "blue", size=(2400, 1800), noise=0)
    small = cv2.resize(drawn.mask, (600, 450), interpolation=cv2.INTER_AREA) > 0.5

    alpha, _ = matte(drawn.pixels, small, edge_px=2)

    assert np.abs(alpha - drawn.mask).sum() / drawn.mask.sum() < 0.003
