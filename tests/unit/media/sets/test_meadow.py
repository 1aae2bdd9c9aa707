from __future__ import annotations

import numpy as np

from appliance.media.sets.meadow import meadow
from appliance.media.sets.stage import Stage

STAGE = Stage(160, 120, 60, 30, 40, 60, edge=60)


def grown(seed=1):
    floor = np.full((120, 160, 3), 0.5, np.float32)
    floor[:50] = 0
    meadow(floor, STAGE, np.random.default_rng(seed))
    return floor


def test_grass_is_green_and_grows_on_the_ground_only():
    floor = grown()

    assert not floor[:50].any()
    red, green, blue = floor[70:].reshape(-1, 3).mean(axis=0)
    assert green > red > blue


def test_blades_differ_and_the_seed_tells_how():
    assert grown()[70:].std() > 0.02
    assert (grown() == grown()).all()
    assert (grown() != grown(2)).any()
