from __future__ import annotations

import cv2
import numpy as np
import pytest

from appliance import media
from appliance.core.picture import Picture
from appliance.media.sets import composing
from appliance.media.sets.composing import laid, on_photo, on_style, photo_shadow
from tests.support.scenes import scene

SIZE = (240, 200)


def photo(product="bottle", background="gradient", **how):
    return Picture(scene(product, background, **{"size": SIZE, "shadow": 0.4} | how).pixels)


@pytest.fixture(scope="module")
def bottle():
    picture = photo()
    return picture, media.cut_out(picture)


def kept_bits(picture, cutout, made):
    """Whether every pixel that is wholly product is the photo's own."""
    inside = cutout.alpha == 1
    assert inside.sum() > 500
    return (made.pixels[inside] == picture.pixels[inside][:, :3]).all()


@pytest.mark.parametrize("style", ["studio-white", "studio-black", "beach", "gradient-warm"])
def test_the_product_is_kept_bit_for_bit_and_all_around_it_is_new(bottle, style):
    picture, cutout = bottle

    made = on_style(cutout, style, 3)

    assert made.pixels.shape == picture.pixels.shape
    assert kept_bits(picture, cutout, made)
    outside = cutout.alpha == 0
    assert (made.pixels[outside] != picture.pixels[outside]).any(axis=1).mean() > 0.9


def test_before_a_photo_it_is_kept_too(bottle):
    picture, cutout = bottle
    behind = Picture(np.full((64, 64, 3), (20, 160, 40), np.uint8))

    made = on_photo(cutout, behind)

    assert kept_bits(picture, cutout, made)
    assert made.pixels[10, 10].argmax() == 1


def test_a_picture_larger_than_sets_are_made_at_keeps_its_product_too(bottle, monkeypatch):
    monkeypatch.setattr(composing, "_MOST_PX", 100)
    picture, cutout = bottle

    made = on_style(cutout, "beach", 3)

    assert made.pixels.shape == picture.pixels.shape
    assert kept_bits(picture, cutout, made)


def test_a_shadow_falls_beside_the_product(bottle):
    _, cutout = bottle
    made = on_style(cutout, "studio-white", 3).pixels.astype(int)

    foot = int(np.flatnonzero((cutout.alpha > 0.5).any(axis=1)).max())
    around = made[foot - 8 : foot + 8][cutout.alpha[foot - 8 : foot + 8] == 0]
    assert around.min() < made[20, 20].min() - 40


def test_a_seed_gives_the_same_picture_and_another_another(bottle):
    _, cutout = bottle
    one, same, other = (on_style(cutout, "beach", seed).pixels for seed in (1, 1, 2))

    assert (one == same).all()
    assert (one != other).any()


def test_a_transparent_product_needs_no_cutting_out():
    pixels = np.zeros((*SIZE[::-1], 4), np.uint8)
    pixels[60:160, 90:150] = (180, 40, 40, 255)
    picture = Picture(pixels)

    made = on_style(media.cut_out(picture), "gradient-mint", 1)

    assert (made.pixels[60:160, 90:150] == (180, 40, 40)).all()
    assert made.pixels.shape[2] == 3


def test_the_photos_own_shadow_is_found_where_it_is():
    dark = np.zeros(SIZE[::-1], np.float32)
    cv2.ellipse(dark, (165, 160), (60, 12), 0, 0, 360, 0.5, -1)
    dark = cv2.GaussianBlur(dark, (0, 0), 6)
    linear = 0.9 * (1 - dark)
    pixels = np.repeat((255 * linear ** (1 / 2.2))[..., None], 3, axis=2).astype(np.uint8)
    pixels[60:165, 80:130] = (30, 90, 50)
    picture = Picture(pixels)

    found = photo_shadow(picture, media.cut_out(picture))

    assert found is not None
    assert found[160, 170] == pytest.approx(dark[160, 170], abs=0.08)
    assert found[:50].max() < 0.03
    assert found.min() >= 0
    assert found.max() <= 0.95


def test_a_photo_without_a_shadow_gives_none_to_keep():
    picture = photo(background="white", shadow=0.0)
    cutout = media.cut_out(picture)

    dark = photo_shadow(picture, cutout)

    assert dark is not None
    assert dark[cutout.alpha == 0].mean() < 0.02


def test_on_a_background_that_is_not_plain_no_shadow_can_be_told():
    picture = photo(background="clutter")

    assert photo_shadow(picture, media.cut_out(picture)) is None


def test_a_kept_shadow_takes_the_made_ones_place(bottle):
    _, cutout = bottle
    kept = np.zeros(cutout.alpha.shape, np.float32)
    kept[:40] = 0.5

    made = on_style(cutout, "studio-white", 3, kept=kept).pixels

    assert made[:38].max() < 200
    foot = int(np.flatnonzero((cutout.alpha > 0.5).any(axis=1)).max())
    assert made[foot + 4 : foot + 10].min() > 200


def test_nothing_cannot_stand_anywhere():
    nothing = media.Cutout(np.zeros((20, 20), np.float32), np.zeros((20, 20, 3), np.uint8),
                           0.0, plain=True, touching=0.0, methods=())  # fmt: skip

    with pytest.raises(ValueError, match="no product"):
        on_style(nothing, "beach", 1)


def test_laying_enlarges_the_ground_and_not_the_product():
    colours = np.random.default_rng(1).integers(0, 255, (8, 8, 3), np.uint8)
    alpha = np.zeros((8, 8), np.float32)
    alpha[:, :4] = 1

    done = laid(colours, alpha, np.full((4, 4, 3), 77, np.uint8))

    assert (done[:, :4] == colours[:, :4]).all()
    assert (done[:, 4:] == 77).all()
