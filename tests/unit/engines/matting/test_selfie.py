"""People in pictures, by the real network."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from skimage import data

from appliance.core.errors import ProcessingFailed
from appliance.core.picture import Picture
from appliance.engines.matting.selfie import SelfieMask, load
from appliance.engines.registry import CPU
from tests.support.weights import real_model


@pytest.fixture(scope="module")
def selfie() -> SelfieMask:
    return load(real_model("person-selfie"), CPU)


def test_a_person_is_told_from_what_is_behind(selfie):
    mask = selfie.mask(Picture(data.astronaut()))

    assert mask.shape == (512, 512)
    assert mask.dtype == np.float32
    assert mask[100:200, 190:250].min() > 0.9, "the face"
    assert mask[:150, 400:].max() < 0.1, "the shuttle behind"


def test_the_mask_has_the_pictures_shape_and_alpha_changes_nothing(selfie):
    pixels = np.ascontiguousarray(data.astronaut()[:300, :401])
    opaque = np.dstack([pixels, np.zeros((300, 401, 1), np.uint8)])

    mask = selfie.mask(Picture(pixels))

    assert mask.shape == (300, 401)
    assert np.array_equal(mask, selfie.mask(Picture(opaque)))


def test_where_nobody_is_nobody_is_found(selfie):
    assert selfie.mask(Picture(np.full((200, 300, 3), 230, np.uint8))).max() < 0.1


def test_wrong_weights_are_told(tmp_path):
    model = replace(real_model("person-selfie"), folder=tmp_path)
    model.path(model.files[0].name).write_bytes(b"no network")

    with pytest.raises(ProcessingFailed, match="person-selfie cannot be loaded"):
        load(model, CPU)
