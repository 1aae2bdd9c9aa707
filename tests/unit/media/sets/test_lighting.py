from __future__ import annotations

import cv2
import numpy as np
import pytest

from appliance.media.sets.lighting import found_light, luminance, relit, tint
from appliance.media.sets.stage import Light


@pytest.fixture
def ball():
    """(linear, alpha) of a grey disc."""
    alpha = np.zeros((160, 160), np.float32)
    cv2.circle(alpha, (80, 80), 60, 1, -1)
    return np.full((160, 160, 3), 0.3, np.float32), alpha


def halves(lit, alpha):
    seen = luminance(lit) * alpha
    return float(seen[:, :80].sum()), float(seen[:, 80:].sum())


@pytest.mark.parametrize("azimuth", [-90, -45, 300])
def test_light_from_the_left_brightens_the_left(ball, azimuth):
    left, right = halves(relit(*ball, Light(azimuth, 30)), ball[1])

    assert left > 1.2 * right


def test_it_turns_with_the_light(ball):
    one = halves(relit(*ball, Light(-60, 30)), ball[1])
    other = halves(relit(*ball, Light(60, 30)), ball[1])

    assert one == pytest.approx(other[::-1], rel=0.04)


def test_light_from_above_brightens_the_top(ball):
    lit = luminance(relit(*ball, Light(0, 85)))

    assert lit[40, 80] > 1.3 * lit[120, 80]


def test_without_intensity_nothing_changes(ball):
    assert relit(*ball, Light(intensity=0)) is ball[0]


def test_more_intensity_is_more_contrast(ball):
    def contrast(intensity):
        left, right = halves(relit(*ball, Light(-70, 30, intensity)), ball[1])
        return left / right

    assert contrast(1.5) > contrast(1.0) > contrast(0.4) > 1


@pytest.mark.parametrize("azimuth", [-90, 0, 180])
def test_the_mean_brightness_stays_about_what_it_was(ball, azimuth):
    lit = luminance(relit(*ball, Light(azimuth, 40)))

    assert 0.15 < float(lit[ball[1] > 0.5].mean()) < 0.5


def test_a_warmer_light_has_more_red_for_its_blue():
    share = [tint(kelvin)[0] / tint(kelvin)[2] for kelvin in (2000, 3000, 5000, 6500, 9000, 15000)]

    assert share == sorted(share, reverse=True)


def test_6500_kelvin_is_white_and_luminance_is_kept():
    assert tint(6500) == pytest.approx([1, 1, 1], abs=1e-5)
    for kelvin in (1000, 1700, 2500, 4000, 8000, 40000):
        assert float(tint(kelvin) @ (0.2126, 0.7152, 0.0722)) == pytest.approx(1, abs=1e-4)
        assert (tint(kelvin) > 0).all()


def test_tungsten_is_as_the_tables_say():
    # A black body of 2856 K (illuminant A, x 0.4476, y 0.4074) in linear sRGB, divided by D65's.
    red, _green, blue = tint(2856)

    assert red / blue == pytest.approx(7.4, rel=0.15)


def test_a_warm_light_warms_the_product(ball):
    warm, cold = (relit(*ball, Light(0, 40, 1.0, kelvin))[80, 80] for kelvin in (3000, 10000))

    assert warm[0] / warm[2] > 1.3 > 0.9 > cold[0] / cold[2]


@pytest.mark.parametrize("side", [-1, 1])
def test_the_light_of_a_photo_is_found_on_its_side(ball, side):
    lit = relit(*ball, Light(side * 70, 40, 1.5))

    found = found_light(np.clip(lit, 0, 1), ball[1])

    assert np.sign(found.azimuth) == side
    assert 20 < abs(found.azimuth) < 70


def test_where_nothing_tells_it_comes_from_the_upper_left(ball):
    assert found_light(*ball).azimuth < 0
    assert found_light(ball[0], np.zeros_like(ball[1])) == Light()
