"""The names that forms offer are those of what there is."""

from __future__ import annotations

from appliance.media.sets import names
from appliance.media.sets.shooting import ANGLES, LIGHTINGS
from appliance.media.sets.styles import STYLES


def test_every_name_has_its_set_angle_or_light_and_the_other_way_round():
    assert tuple(STYLES) == names.SET_STYLES
    assert tuple(ANGLES) == names.SET_ANGLES
    assert tuple(LIGHTINGS) == names.SET_LIGHTINGS


def test_a_background_is_a_style_or_one_that_is_looked_after_apart():
    assert {*names.SET_BACKGROUNDS} - {*STYLES} == {"flat-lay", "custom"}
