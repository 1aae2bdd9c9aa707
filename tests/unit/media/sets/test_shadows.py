from __future__ import annotations

import numpy as np
import pytest

from appliance.media.sets.shadows import Cast, contact, reflection, shadow, thrown
from appliance.media.sets.stage import Light, Stage, stage_of

HEIGHT, WIDTH = 240, 320


@pytest.fixture
def box():
    """A box 60 wide and 90 tall that stands on row 180."""
    alpha = np.zeros((HEIGHT, WIDTH), np.float32)
    alpha[90:180, 130:190] = 1
    return alpha


def lit(alpha, azimuth=-60.0, elevation=40.0, *, kind="cast", opacity=0.8, softness=0.4):
    stage = stage_of(alpha, Light(azimuth, elevation))
    return shadow(alpha, stage, Cast(kind, opacity, softness))


def sides(dark):
    """How much of it lies left and right of the box."""
    return float(dark[:, :130].sum()), float(dark[:, 190:].sum())


@pytest.mark.parametrize("azimuth", [-90, -60, -30, 240])
def test_light_from_the_left_throws_the_shadow_to_the_right(box, azimuth):
    left, right = sides(lit(box, azimuth))

    assert right > 3 * left


def test_the_shadow_turns_with_the_light(box):
    one, other = sides(lit(box, -60)), sides(lit(box, 60))

    assert one[0] == pytest.approx(other[1], rel=0.1)
    assert one[1] == pytest.approx(other[0], rel=0.1)


def test_light_from_behind_throws_it_towards_the_camera(box):
    behind, before = lit(box, 180, 35), lit(box, 0, 35)

    assert behind[185:].sum() > 4 * before[185:].sum()


def test_a_lower_light_throws_a_longer_shadow(box):
    reach = [int(np.flatnonzero(lit(box, -60, rise).max(axis=0) > 0.05).max()) for rise in (60, 25)]

    assert reach[1] > reach[0] + 20


def test_straight_above_there_is_next_to_none(box):
    dark = lit(box, -60, 90)

    assert sides(dark)[1] < 0.25 * sides(lit(box, -60, 40))[1]


def test_opacity_is_the_darkest_it_gets_and_0_is_none(box):
    assert not lit(box, opacity=0.0).any()
    assert lit(box, opacity=0.5).max() <= 0.5
    assert lit(box, opacity=0.9).max() > lit(box, opacity=0.4).max() * 1.8


def test_the_edge_is_softer_far_from_the_foot(box):
    stage = stage_of(box, Light(-60, 30))
    dark = thrown(box, stage, 0.5)

    def steepest(columns):
        return float(np.abs(np.diff(dark[:, columns], axis=0)).max())

    assert steepest(slice(195, 215)) > 1.5 * steepest(slice(255, 285))


def test_a_softer_light_throws_a_softer_shadow(box):
    sharp, soft = lit(box, softness=0.0), lit(box, softness=1.0)

    assert np.abs(np.diff(sharp, axis=0)).max() > 1.3 * np.abs(np.diff(soft, axis=0)).max()


def test_contact_stays_at_the_foot(box):
    dark = lit(box, kind="contact")

    rows = np.flatnonzero(dark.max(axis=1) > 0.1)
    assert rows.min() > 150
    assert rows.max() < 215
    assert dark[180, 160] > 0.5
    assert dark[:140].max() < 0.02


def test_a_leg_in_the_air_does_not_touch(box):
    box[140:180, 130:150] = 0  # its left side ends above the ground

    touch = contact(box, stage_of(box, Light()), 0.4)

    assert touch[182, 175] > 4 * touch[142, 140]


def test_from_above_the_shadow_lies_beside_the_product(box):
    above = Stage(WIDTH, HEIGHT, 130, 90, 60, 90, lean=1.0, light=Light(-60, 40))

    left, right = sides(shadow(box, above, Cast("cast", 0.8, 0.4)))

    assert right > 2 * left


def test_the_mirror_image_is_upside_down_below_the_foot_and_fades(box):
    colours = np.zeros((HEIGHT, WIDTH, 3), np.float32)
    colours[90:135] = (1, 0, 0)  # red above, green below
    colours[135:180] = (0, 1, 0)

    image, share = reflection(colours, box, stage_of(box, Light()), 0.1)

    assert image[190, 160].argmax() == 1
    assert share[185, 160] > share[205, 160] > 0
    assert share[:170].max() < 0.01
    assert share[185, 60] < 0.01


def test_an_unknown_kind_is_refused_and_nothing_throws_none(box):
    with pytest.raises(ValueError, match="contact, cast"):
        lit(box, kind="long")
    stage = stage_of(box, Light())
    assert not shadow(np.zeros_like(box), stage, Cast()).any()
