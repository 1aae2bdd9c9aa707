"""Products in frames."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from appliance.core.picture import Picture
from appliance.media.pictures.border import to_lab
from appliance.media.pictures.cutout import Cutout, cut_out
from appliance.media.pictures.frame import Box, Framing, frame
from tests.support.scenes import scene


def piece(width: int = 60, height: int = 30) -> tuple[Picture, Cutout]:
    """A brown rectangle on grey, 100×100, and its exact cut-out."""
    pixels = np.full((100, 100, 3), 180, np.uint8)
    alpha = np.zeros((100, 100), np.float32)
    alpha[20 : 20 + height, 10 : 10 + width] = 1
    pixels[alpha == 1] = (120, 90, 60)
    return Picture(pixels), Cutout(alpha, pixels, 1.0, True, 0.0, ("test",))


@pytest.mark.parametrize(
    ("framing", "box"),
    [
        (Framing(200, 200, 0.1), Box(20, 60, 160, 80)),
        (Framing(200, 200, 0.0), Box(0, 50, 200, 100)),
        (Framing(400, 100, 0.1), Box(120, 10, 160, 80)),
        (Framing(200, 200, 0.45), Box(90, 95, 20, 10)),
    ],
)
def test_the_product_is_centred_and_fills_what_the_margins_leave(framing, box):
    framed = frame(*piece(), framing)

    assert framed.box == box
    assert framed.fill == 1
    assert framed.scale == pytest.approx(box.width / 60)
    assert framed.picture.pixels.shape == (framing.height, framing.width, 3)


def test_the_background_is_exactly_the_colour_and_the_product_exactly_itself():
    framed = frame(*piece(), Framing(200, 200, 0.1, "#F0E0D0"))

    pixels = framed.picture.pixels
    assert set(map(tuple, pixels[:55].reshape(-1, 3))) == {(240, 224, 208)}
    assert set(map(tuple, pixels[64:136, 24:176].reshape(-1, 3))) == {(120, 90, 60)}


@pytest.mark.parametrize("shadow", ["none", "contact", "drop"])
@pytest.mark.parametrize("background", ["#FFFFFF", "transparent"])
def test_colours_inside_the_product_stay_within_one_delta_e(shadow, background):
    drawn = scene("shoe", "gradient", size=(450, 600), noise=0)
    cutout = cut_out(Picture(drawn.pixels))

    framed = frame(Picture(drawn.pixels), cutout, Framing(500, 500, 0.1, background, shadow))

    top, left = np.argwhere(cutout.alpha > 0.1).min(axis=0)
    inside = np.argwhere(cv2.erode(cutout.alpha, np.ones((9, 9))) == 1)[::50]
    there = (inside - (top, left) + 0.5) * framed.scale + (framed.box.top, framed.box.left)
    seen = framed.picture.pixels[tuple(there.astype(int).T)]
    own = drawn.pixels[tuple(inside.T)]
    assert len(inside) > 400
    assert np.linalg.norm(to_lab(seen[None]) - to_lab(own[None]), axis=2).max() <= 1


def test_transparent_leaves_only_the_product():
    framed = frame(*piece(), Framing(200, 200, 0.1, "transparent"))

    alpha = framed.picture.pixels[..., 3]
    assert alpha[:60].max() == 0
    assert alpha[62:138, 22:178].min() == 255


def test_a_shadow_on_nothing_is_black_and_half_transparent():
    framed = frame(*piece(), Framing(200, 200, 0.2, "transparent", "contact"))

    below = framed.picture.pixels[framed.box.top + framed.box.height + 1, 100]
    assert below[:3].tolist() == [0, 0, 0]
    assert 30 < below[3] < 160


def test_a_shadow_darkens_the_background_and_not_the_product():
    plain, shaded = (
        frame(*piece(), Framing(200, 200, 0.2, "#FFFFFF", shadow)).picture.pixels.astype(int)
        for shadow in ("none", "drop")
    )

    assert (shaded <= plain).all()
    assert shaded[132, 100].max() < 250
    assert np.array_equal(plain[75:125, 50:150], shaded[75:125, 50:150])


def test_keep_moves_the_photo_with_the_product_and_carries_its_border_on():
    framed = frame(*piece(), Framing(200, 200, 0.1, "keep", "drop"))

    pixels = framed.picture.pixels
    assert pixels.shape == (200, 200, 3)
    assert set(map(tuple, pixels[70:130, 30:170].reshape(-1, 3))) == {(120, 90, 60)}
    assert (pixels[:50] == 180).all()
    assert (pixels[150:] == 180).all()


def test_keep_shows_the_photo_around_the_product_where_it_was():
    picture, cutout = piece()
    picture.pixels[20:50, 80:84] = (0, 0, 255)  # a blue bar 10 px right of the product
    framed = frame(picture, cutout, Framing(600, 200, 0.1, "keep"))

    bar = round(framed.box.left + framed.box.width + 12 * framed.scale)
    assert np.abs(framed.picture.pixels[100, bar].astype(int) - (0, 0, 255)).max() < 12


def test_keep_leaves_transparency_transparent():
    pixels = np.zeros((60, 60, 4), np.uint8)
    pixels[20:40, 20:40] = (9, 9, 9, 255)
    picture = Picture(pixels)

    kept = frame(picture, cut_out(picture), Framing(100, 100, 0.1, "keep")).picture.pixels
    assert kept.shape[2] == 4
    assert kept[50, 50, 3] == 255
    assert kept[0, 0, 3] == 0


def test_an_empty_cutout_is_a_mistake():
    picture, cutout = piece()
    with pytest.raises(ValueError, match="nothing"):
        frame(picture, Cutout(cutout.alpha * 0, cutout.colours, 0, True, 0, ()), Framing(9, 9, 0))
