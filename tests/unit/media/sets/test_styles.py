from __future__ import annotations

import numpy as np
import pytest

from appliance.media.sets.noise import colour
from appliance.media.sets.stage import Light, Stage
from appliance.media.sets.styles import STYLES, Style, build, in_front_of, paper_of

STAGE = Stage(120, 120, 45, 30, 30, 60, edge=70, light=Light(-60, 40))
QUICK = [name for name, style in STYLES.items() if style.surface in (None, "sand", "satin")]


def check(name):
    built = build(STYLES[name], STAGE, 5)
    assert built.shape == (120, 120, 3)
    assert built.min() >= 0
    assert built.max() <= 1
    assert np.isfinite(built).all()


@pytest.mark.parametrize("name", QUICK)
def test_a_set_is_built_for_its_stage(name):
    check(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in STYLES if name not in QUICK])
def test_a_set_of_a_slow_surface_is_built_for_its_stage(name):
    check(name)


def test_the_same_seed_builds_the_same_set():
    one, same, other = (build(STYLES["beach"], STAGE, seed) for seed in (1, 1, 2))

    assert (one == same).all()
    assert (one != other).any()


def test_studio_white_is_white():
    built = build(STYLES["studio-white"], STAGE, 1)

    assert built[20:100, 20:100].min() > 0.8


def test_ground_and_backdrop_meet_at_the_edge():
    built = build(STYLES["beach"], STAGE, 1)

    sea, sand = built[62:66].mean(axis=(0, 1)), built[80:].mean(axis=(0, 1))
    assert sea[2] > sea[0]
    assert sand[0] > sand[2]


def test_the_ground_is_brighter_on_the_lights_side():
    plain = Style(paper_of("#888888"), "sand")
    left, right = (
        build(plain, Stage(120, 120, 45, 30, 30, 60, edge=70, light=Light(turn, 30)), 1)
        for turn in (-80, 80)
    )

    assert left[90:, :30].mean() > right[90:, :30].mean()
    assert left[90:, -30:].mean() < right[90:, -30:].mean()


def test_from_above_there_is_only_ground():
    above = Stage(120, 120, 45, 30, 30, 60, lean=1.0)

    built = build(STYLES["beach"], above, 1)

    assert (built[..., 0] > built[..., 2]).all()


def test_paper_of_a_colour_has_that_colour():
    built = build(Style(paper_of("#C04020")), STAGE, 1)

    share = built[60, 60] / built[60, 60].sum()
    assert share == pytest.approx(colour("#C04020") / colour("#C04020").sum(), abs=0.02)


def test_a_photo_as_a_set_is_only_darker_towards_its_corners():
    lit = in_front_of(np.ones((120, 120, 3), np.float32), STAGE)

    assert lit[60, 60, 0] > 0.99
    assert 0.8 < lit[0, 0, 0] < 0.95
