from __future__ import annotations

import numpy as np
import pytest

from appliance.media.sets.stage import Light, Stage, ground, stage_of

STAGE = Stage(200, 160, 80, 40, 40, 80, lean=0.28, edge=70)


def striped(side=64, count=8):
    """A tile of vertical stripes."""
    stripes = (np.arange(side) * count // side % 2).astype(np.float32)
    return np.repeat(np.broadcast_to(stripes, (side, side))[..., None], 3, axis=2).copy()


@pytest.mark.parametrize(
    ("azimuth", "elevation", "towards"),
    [(0, 0, (0, 0, 1)), (90, 0, (1, 0, 0)), (-90, 0, (-1, 0, 0)), (270, 0, (-1, 0, 0)),
     (180, 0, (0, 0, -1)), (33, 90, (0, 1, 0))],
)  # fmt: skip
def test_a_light_is_where_its_angles_say(azimuth, elevation, towards):
    assert Light(azimuth, elevation).towards == pytest.approx(towards, abs=1e-6)


def test_a_product_stands_on_its_lowest_row_before_the_grounds_end():
    alpha = np.zeros((160, 200), np.float32)
    alpha[40:120, 80:120] = 1

    stage = stage_of(alpha, Light())

    assert (stage.base, stage.middle, stage.wide, stage.tall) == (120, 100, 40, 80)
    assert 40 < stage.edge < 120


def test_nothing_stands_nowhere():
    with pytest.raises(ValueError, match="no product"):
        stage_of(np.zeros((10, 10), np.float32), Light())


def test_a_scaled_stage_keeps_its_shares():
    small = STAGE.scaled(100, 80)

    assert (small.base, small.middle, small.edge) == (60, 50, 35)
    assert (small.lean, small.light) == (STAGE.lean, STAGE.light)


def test_the_ground_ends_at_its_edge():
    laid = ground(np.ones((32, 32, 3), np.float32), STAGE, 100)

    assert not laid[:60].any()
    assert np.allclose(laid[75:], 1, atol=1e-3)


def test_what_is_far_is_narrower():
    laid = ground(striped(), STAGE, 160)

    def changes(row):
        return int((np.diff(laid[row, :, 0] > 0.5) != 0).sum())

    assert changes(80) > changes(150) > 2


def test_from_above_nothing_is_narrower():
    above = Stage(200, 160, 80, 40, 40, 80, lean=1.0)
    laid = ground(striped(), above, 160)

    assert above.above
    assert (laid[10] == laid[150]).all()


def test_a_fine_pattern_seen_from_far_is_grey_and_does_not_flicker():
    laid = ground(striped(count=64), STAGE, 40)

    assert laid[72:80].std() < 0.12
    assert laid[72:80].mean() == pytest.approx(0.5, abs=0.08)
