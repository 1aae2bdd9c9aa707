"""Small previews."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from appliance.media.pictures.thumbnail import preview_jpeg
from tests.support.media import colours


def seen(data: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]


@pytest.mark.parametrize(
    ("size", "expected"), [((1024, 512), (128, 256)), ((30, 40), (40, 30)), ((5000, 3), (1, 256))]
)
def test_a_preview_fits_and_is_never_enlarged(size, expected):
    assert seen(preview_jpeg(colours(*size))).shape[:2] == expected


def test_a_preview_shows_the_colours_in_order():
    pixels = np.full((64, 64, 3), (220, 40, 90), np.uint8)

    assert np.abs(seen(preview_jpeg(pixels)).astype(int) - (220, 40, 90)).max() < 6


def test_transparency_lies_on_grey():
    pixels = np.zeros((16, 16, 4), np.uint8)

    assert np.abs(seen(preview_jpeg(pixels)).astype(int) - 128).max() < 4


def test_a_preview_is_small():
    noise = np.random.default_rng(1).integers(0, 255, (512, 512, 3), np.uint8)

    assert len(preview_jpeg(noise)) < 40_000
