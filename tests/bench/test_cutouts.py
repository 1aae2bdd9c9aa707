"""A floor under the quality of cut-outs, on a few of the benchmark's photos."""

from __future__ import annotations

import numpy as np
import pytest

from tests.bench.cutouts import classical, judged, score
from tests.support.shots.photographs import photographs
from tests.support.shots.rendered import Shot, Take, render
from tests.support.shots.takes import TAKES

# What each reached when it was set down, less 0.02.
FLOORS = {
    "gloss bottle on white": 0.96,
    "matt cube on pale": 0.94,
    "matt chair on white": 0.93,
    "metal lamp on pale": 0.93,
    "stripes shoe on vignette": 0.95,
    "gloss bowl on blue": 0.93,
    "matt bag on wall and table": 0.95,
    "gloss bottle on wood": 0.95,
}


def take(name: str) -> Take:
    return next(each for each in TAKES if each.name == name)


@pytest.mark.parametrize("name", FLOORS)
def test_a_product_on_plain_ground_is_cut_out_as_well_as_before(name):
    shot = render(take(name), 320)

    (found,) = judged(classical, [shot])

    assert found.iou >= FLOORS[name]
    assert found.edge < 1.2


def test_the_coffee_cup_is_cut_out():
    (coffee,) = [each for each in photographs() if each.name == "coffee"]

    (found,) = judged(classical, [coffee])

    assert found.iou > 0.94


def test_there_are_forty_renders_of_every_ground_and_five_photographs():
    assert len(TAKES) >= 40
    assert len({each.name for each in TAKES}) == len(TAKES)
    assert [each.name for each in photographs()] == [
        *("coffee", "chelsea", "astronaut", "rocket", "motorcycle")
    ]


def test_a_perfect_mask_scores_perfectly_and_a_shifted_one_does_not():
    mask = np.zeros((100, 100), np.float32)
    mask[20:80, 20:80] = 1
    shot = Shot("square", "test", np.zeros((100, 100, 3), np.uint8), mask)

    assert (score(shot, mask).iou, score(shot, mask).edge, score(shot, mask).alpha) == (1, 0, 0)
    moved = score(shot, np.roll(mask, 10, axis=1))
    assert moved.iou == pytest.approx(50 / 70)
    assert 1 < moved.edge < 10
    assert score(shot, np.zeros_like(mask)).iou == 0
