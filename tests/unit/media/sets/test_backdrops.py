from __future__ import annotations

import numpy as np
import pytest

from appliance.media.sets import backdrops
from appliance.media.sets.stage import Light, Stage

STAGE = Stage(150, 120, 60, 30, 30, 60, edge=70, light=Light(-60, 40))
HUNG = {
    "paper": backdrops.paper("#203060", "#f0f0f0"),
    "wall": backdrops.wall("plaster"),
    "room": backdrops.room("#D9C9B2", "#FFF3DC", "#6B543F"),
    "garden": backdrops.garden,
    "shore": backdrops.shore,
}


def seen(name, seed=3, stage=STAGE):
    return HUNG[name](stage, np.random.default_rng(seed))


@pytest.mark.parametrize("name", HUNG)
def test_a_backdrop_fills_the_stage_with_light(name):
    hung = seen(name)

    assert hung.shape == (120, 150, 3)
    assert np.isfinite(hung).all()
    assert hung.min() >= 0
    assert hung.std() > 0.01


@pytest.mark.parametrize("name", ["room", "garden", "shore"])
def test_a_backdrop_is_out_of_focus_and_its_seed_tells_which(name):
    hung = seen(name)

    assert np.abs(np.diff(hung, axis=1)).mean() < 0.03
    assert (hung == seen(name)).all()
    assert (hung != seen(name, seed=4)).any()


def test_paper_goes_from_one_colour_to_the_other():
    hung = seen("paper")

    assert hung[0, 75, 2] > 2 * hung[0, 75, 0]
    assert hung[100, 75, 0] > 3 * hung[0, 75, 0]


def test_paper_and_window_are_brighter_on_the_lights_side():
    left = seen("paper")[60]
    room = seen("room")[30]

    assert left[20].sum() > left[-20].sum()
    assert room[:60].sum() > room[-60:].sum()
