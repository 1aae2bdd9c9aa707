"""Pictures into a pipeline and out of it."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from appliance.core.errors import ProcessingFailed
from appliance.core.picture import Picture
from appliance.engines.diffusion.canvas import kept_outside, made, mask_at, start_at


def test_a_start_is_resized_and_loses_its_transparency_to_white():
    pixels = np.zeros((20, 40, 4), np.uint8)
    pixels[:, 20:] = (10, 20, 30, 255)

    start = np.asarray(start_at(Picture(pixels), (20, 10)))

    assert start.shape == (10, 20, 3)
    assert start[5, 2].tolist() == [255, 255, 255]
    assert start[5, 17].tolist() == [10, 20, 30]


def test_a_mask_becomes_white_where_it_is_one():
    mask = np.zeros((20, 40), np.float32)
    mask[:, 20:] = 1

    shown = np.asarray(mask_at(mask, (80, 40)))

    assert shown.shape == (40, 80)
    assert (shown[20, 5], shown[20, 75]) == (0, 255)


def test_what_comes_out_is_rounded_and_clipped():
    output = SimpleNamespace(images=[np.array([[[-0.1, 0.5, 1.1]]], np.float32)])

    assert made(output).tolist() == [[[0, 128, 255]]]


def test_overflowed_numbers_are_a_failure_and_no_black_picture():
    output = SimpleNamespace(images=[np.array([[[0.1, np.nan, 0.1]]], np.float32)])

    with pytest.raises(ProcessingFailed, match="overflowed"):
        made(output)


def test_outside_the_mask_the_start_is_kept_to_the_bit():
    start = Image.fromarray(np.full((4, 4, 3), 77, np.uint8))
    mask = Image.fromarray(np.repeat(np.array([[0, 0, 255, 255]], np.uint8), 4, 0))

    kept = kept_outside(np.full((4, 4, 3), 200, np.uint8), start, mask)

    assert kept[0, :, 0].tolist() == [77, 77, 200, 200]
