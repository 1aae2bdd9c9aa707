from __future__ import annotations

import cv2
import numpy as np
import pytest

from appliance.media.sets.relief import inflated, normals

GREY = np.full((160, 160), 0.5, np.float32)


@pytest.fixture
def disc():
    alpha = np.zeros((160, 160), np.float32)
    cv2.circle(alpha, (80, 80), 60, 1, -1)
    return alpha


def test_a_disc_becomes_a_dome(disc):
    height = inflated(disc)

    assert height[80, 80] == pytest.approx(height.max(), rel=0.02)
    assert height[80, 80] > height[80, 110] > height[80, 135] > height[80, 145]
    assert height[0, 0] == 0


def test_normals_are_of_length_1_and_lean_outwards(disc):
    facing = normals(GREY, disc)

    assert np.linalg.norm(facing, axis=2) == pytest.approx(1, abs=1e-4)
    assert facing[80, 40, 0] < -0.2 < 0.2 < facing[80, 120, 0]
    assert facing[120, 80, 1] < -0.2 < 0.2 < facing[40, 80, 1]
    assert facing[80, 80, 2] > 0.97


def test_outside_everything_faces_the_camera(disc):
    assert normals(GREY, disc)[5, 5] == pytest.approx((0, 0, 1), abs=1e-3)


def test_they_are_smooth_over_a_smooth_shape(disc):
    facing = normals(GREY, disc)[50:110, 50:110]

    assert np.abs(np.diff(facing, axis=1)).max() < 0.06


def test_what_is_brighter_counts_as_raised(disc):
    seen = GREY.copy()
    cv2.circle(seen, (80, 80), 6, 0.9, -1)
    seen = cv2.GaussianBlur(seen, (0, 0), 2)

    with_spot, without = normals(seen, disc), normals(GREY, disc)

    assert with_spot[80, 74, 0] < without[80, 74, 0] - 0.005
    assert with_spot[80, 86, 0] > without[80, 86, 0] + 0.005


@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (40, 40)])
def test_the_smallest_and_the_emptiest_give_numbers(shape):
    for level in (0.0, 1.0):
        facing = normals(np.full(shape, 0.5, np.float32), np.full(shape, level, np.float32))
        assert np.isfinite(facing).all()
