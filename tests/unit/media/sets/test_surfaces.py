from __future__ import annotations

import numpy as np
import pytest

from appliance.media.sets.surfaces import SIDE, SURFACES, surface


@pytest.mark.parametrize("name", SURFACES)
def test_a_tile_is_light_that_joins_itself(name):
    tile = surface(name, np.random.default_rng(2))

    assert (tile.shape, tile.dtype) == ((SIDE, SIDE, 3), np.float32)
    assert tile.min() >= 0
    assert tile.max() <= 1
    grey = tile.mean(axis=2)
    assert grey.std() > 0.004
    for one in (grey, grey.T):
        around = np.abs(one[:, 0] - one[:, -1]).mean()
        assert around < 4 * np.abs(np.diff(one, axis=1)).mean()


def test_a_seed_gives_the_same_tile_and_another_another():
    one, same, other = (surface("sand", np.random.default_rng(n)) for n in (1, 1, 2))

    assert (one == same).all()
    assert (one != other).any()


def test_wood_runs_along_its_planks():
    grey = surface("oak", np.random.default_rng(2)).mean(axis=2)

    assert np.abs(np.diff(grey, axis=1)).mean() < 0.5 * np.abs(np.diff(grey, axis=0)).mean()


def test_an_unknown_surface_is_none():
    with pytest.raises(KeyError):
        surface("cheese", np.random.default_rng(1))
