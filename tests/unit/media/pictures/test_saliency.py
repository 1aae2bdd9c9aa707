"""Where the eye goes."""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image

from appliance.media.pictures import saliency as module


def saliency(pixels):
    return module.saliency(Image.fromarray(pixels))


def ball(at, size=(300, 200)):
    pixels = np.full((size[1], size[0], 3), 220, np.uint8)
    cv2.circle(pixels, at, 25, (200, 30, 30), -1, cv2.LINE_AA)
    return pixels


def heart(seen):
    rows, columns = np.nonzero(seen > 0.5)
    return columns.mean() / seen.shape[1], rows.mean() / seen.shape[0]


def test_what_differs_stands_out():
    across, down = heart(saliency(ball((240, 60))))

    assert abs(across - 0.8) < 0.06
    assert abs(down - 0.3) < 0.06


def test_nothing_stands_out_of_one_colour():
    assert not saliency(np.full((40, 60, 3), 90, np.uint8)).any()


def test_what_is_transparent_counts_for_nothing():
    alpha = np.zeros((200, 300), np.uint8)
    alpha[:, :150] = 255

    seen = saliency(np.dstack([ball((240, 60)), alpha]))

    assert not seen[:, seen.shape[1] // 2 + 2 :].any()


def test_the_smallest_picture_has_a_map():
    assert np.isfinite(saliency(np.zeros((1, 1, 3), np.uint8))).all()
