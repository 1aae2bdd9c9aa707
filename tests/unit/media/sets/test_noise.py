from __future__ import annotations

import numpy as np
import pytest

from appliance.media.sets.noise import (
    blurred,
    colour,
    fractal,
    mixed,
    moved,
    ramp,
    sloped,
    to_levels,
    to_linear,
)


@pytest.fixture
def random():
    return np.random.default_rng(4)


def jump(field):
    """How much larger the step around the edge is than the mean step inside."""
    around = np.abs(field[:, 0] - field[:, -1]).mean()
    return around / np.abs(np.diff(field, axis=1)).mean()


@pytest.mark.parametrize("slope", [0.5, 2.0, 3.0])
def test_noise_is_even_in_the_mean_and_joins_at_its_edges(random, slope):
    field = fractal(random, (64, 96), slope)

    assert (field.shape, field.dtype) == ((64, 96), np.float32)
    assert field.mean() == pytest.approx(0, abs=1e-4)
    assert field.std() == pytest.approx(1, abs=1e-3)
    assert jump(field) < 2


def test_noise_holds_only_the_waves_asked_for(random):
    spectrum = np.abs(np.fft.rfft2(fractal(random, (64, 64), 1.0, waves=(4, 8))))

    assert spectrum[0, :4].max() < 1e-2 * spectrum.max()
    assert spectrum[0, 9:].max() < 1e-2 * spectrum.max()


def test_stretched_noise_is_longer_that_way(random):
    field = fractal(random, (128, 128), 2.0, stretch=(8, 1))

    assert np.abs(np.diff(field, axis=1)).mean() < 0.5 * np.abs(np.diff(field, axis=0)).mean()


def test_moving_goes_round(random):
    field = fractal(random, (32, 32))

    assert np.allclose(moved(field, 32, -32), field, atol=1e-4)
    assert np.allclose(moved(field, 1, 0), np.roll(field, -1, axis=1), atol=1e-4)


def test_blurring_goes_round_and_keeps_the_mean():
    field = np.zeros((32, 32), np.float32)
    field[:, 0] = 1

    soft = blurred(field, 2)

    assert soft[5, -1] == pytest.approx(soft[5, 1], rel=1e-4)
    assert soft.mean() == pytest.approx(field.mean(), rel=1e-3)
    assert blurred(field, 0.1) is field


def test_a_slope_that_faces_the_light_is_brighter():
    relief = -np.abs(np.arange(32, dtype=np.float32) - 16)[None, :].repeat(32, axis=0)

    lit = sloped(relief, 0.1)

    assert lit[16, 8] > 1 > lit[16, 24]
    assert (sloped(np.zeros((8, 8), np.float32), 1) == 1).all()


def test_a_ramp_is_smooth_between_and_may_fall():
    values = np.array([-1, 0, 0.5, 1, 2], np.float32)

    assert ramp(values, 0, 1).tolist() == [0, 0, 0.5, 1, 1]
    assert ramp(values, 1, 0).tolist() == [1, 1, 0.5, 0, 0]


def test_colours_are_mixed_in_linear_light():
    black, white = colour("#000000"), colour("#ffffff")

    half = mixed(black, white, np.full((2, 2), 0.5, np.float32))

    assert to_levels(half)[0, 0, 0] in (187, 188)


def test_levels_come_back_from_linear_light_within_a_grain():
    levels = np.arange(256, dtype=np.uint8).repeat(3).reshape(16, 16, 3)

    back = to_levels(to_linear(levels))

    assert np.abs(back.astype(int) - levels).max() <= 1
    assert (back == levels).mean() > 0.98


def test_grain_breaks_bands_and_keeps_the_mean():
    between = (to_linear(np.uint8([100])) + to_linear(np.uint8([101]))) / 2

    grained = to_levels(np.full((256, 256, 3), between, np.float32))

    assert {*np.unique(grained)} == {100, 101}
    assert grained.mean() == pytest.approx(100.5, abs=0.05)
