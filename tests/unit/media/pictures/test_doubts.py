"""What makes a cut-out doubtful."""

from __future__ import annotations

import numpy as np
import pytest

from appliance.core.errors import InvalidInput
from appliance.media.pictures.cutout import Cutout
from appliance.media.pictures.doubts import doubts


def cutout(*, confidence=1.0, plain=True, touching=0.0, found=True):
    alpha = np.full((4, 4), 1.0 if found else 0.0, np.float32)
    return Cutout(alpha, np.zeros((4, 4, 3), np.uint8), confidence, plain, touching, ("border",))


def test_a_good_one_raises_none():
    assert doubts(cutout()) == ()


@pytest.mark.parametrize(
    ("how", "word"),
    [
        ({"plain": False, "confidence": 0.1}, "not plain"),
        ({"confidence": 0.5}, "hard to tell"),
        ({"touching": 0.01}, "edge of the photo"),
    ],
)
def test_each_doubt_is_one_sentence(how, word):
    (told,) = doubts(cutout(**how))

    assert word in told
    assert told.endswith(".")


def test_an_empty_one_is_refused_with_what_to_do():
    with pytest.raises(InvalidInput, match="plain background") as told:
        doubts(cutout(found=False))
    assert told.value.field == "image"
