"""A cut-out on another ground."""

from __future__ import annotations

import numpy as np

from appliance.core.picture import Picture
from appliance.media.pictures.cutout import Cutout
from appliance.media.pictures.grounded import grounded


def cutout():
    alpha = np.zeros((20, 30), np.float32)
    alpha[5:15, 10:20] = 1
    alpha[5:15, 20] = 0.5
    colours = np.full((20, 30, 3), (200, 100, 0), np.uint8)
    return Cutout(alpha, colours, 1.0, plain=True, touching=0.0, methods=("border",))


def test_on_transparency_nothing_is_left_of_the_background():
    pixels = grounded(cutout(), "transparent").pixels

    assert pixels[10, 15].tolist() == [200, 100, 0, 255]
    assert pixels[10, 20].tolist() == [200, 100, 0, 128]
    assert pixels[0, 0].tolist() == [0, 0, 0, 0]


def test_a_colour_lies_behind():
    pixels = grounded(cutout(), "#0000FF").pixels

    assert pixels.shape == (20, 30, 3)
    assert pixels[0, 0].tolist() == [0, 0, 255]
    assert pixels[10, 15].tolist() == [200, 100, 0]
    assert pixels[10, 20].tolist() == [100, 50, 127]


def test_a_picture_fills_the_frame_behind():
    behind = Picture(np.full((400, 90, 4), (9, 8, 7, 255), np.uint8))

    pixels = grounded(cutout(), behind).pixels

    assert pixels.shape == (20, 30, 3)
    assert pixels[19, 0].tolist() == [9, 8, 7]
