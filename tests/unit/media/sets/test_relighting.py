from __future__ import annotations

import numpy as np
import pytest

from appliance import media
from appliance.core.picture import Picture
from appliance.media.sets.relighting import Relighting, relight, relit_colours
from appliance.media.sets.shadows import Cast
from appliance.media.sets.stage import Light
from tests.support.scenes import scene

NONE, SOME = Cast(opacity=0.0), Cast("cast", 0.7, 0.4)


@pytest.fixture(scope="module")
def bottle():
    picture = Picture(scene("bottle", "white", size=(260, 220), at=(0.5, 0.5)).pixels)
    return picture, media.cut_out(picture)


def made(bottle, light=Light(), cast=SOME, **wish):  # noqa: B008  values that nothing changes
    return relight(*bottle, Relighting(light, cast, **wish))


def test_without_light_and_shadow_the_photo_is_what_it_was(bottle):
    relit = made(bottle, Light(intensity=0), NONE)

    assert (relit.picture.pixels == bottle[0].pixels).all()


def test_without_a_shadow_the_background_is_what_it_was(bottle):
    picture, cutout = bottle
    relit = made(bottle, Light(-80, 30), NONE).picture.pixels

    outside = cutout.alpha == 0
    assert (relit[outside] == picture.pixels[outside]).all()
    assert (relit[~outside] != picture.pixels[~outside]).any(axis=1).mean() > 0.5


def test_without_light_the_product_is_what_it_was(bottle):
    picture, cutout = bottle
    relit = made(bottle, Light(intensity=0), SOME).picture.pixels

    inside = cutout.alpha == 1
    assert (relit[inside] == picture.pixels[inside]).all()
    assert (relit[~inside].astype(int) - picture.pixels[~inside]).min() < -30


def test_light_from_the_left_brightens_the_left_and_shades_the_right(bottle):
    picture, cutout = bottle
    relit = made(bottle, Light(-80, 35)).picture.pixels.astype(int)

    change = (relit - picture.pixels).mean(axis=2)
    rows, columns = np.nonzero(cutout.alpha == 1)
    middle = columns.mean()
    assert change[rows, columns][columns < middle].mean() > 5
    assert change[rows, columns][columns > middle].mean() < -3
    outside = np.where(cutout.alpha == 0, change, 0)
    assert outside[:, round(middle) :].sum() < 3 * outside[:, : round(middle)].sum() < 0


def test_a_warm_light_warms_the_product_only(bottle):
    picture, cutout = bottle
    warm = made(bottle, Light(0, 40, 1, 2800), NONE).picture.pixels.astype(float)

    inside = cutout.alpha == 1
    before, after = picture.pixels[inside].astype(float).mean(axis=0), warm[inside].mean(axis=0)
    assert after[0] / after[2] > 1.3 * before[0] / before[2]


def test_a_shadow_may_have_a_colour(bottle):
    _, cutout = bottle
    blue = made(bottle, Light(-70, 30, 0), SOME, colour="#0000ff").picture.pixels.astype(int)

    outside = cutout.alpha == 0
    assert (blue[outside][:, 2] - blue[outside][:, 0]).max() > 60


def test_on_a_colour_the_canvas_grows_to_hold_the_shadow(bottle):
    relit = made(bottle, Light(-80, 40), SOME, background="#ffffff")

    width, height = relit.picture.width, relit.picture.height
    assert width > 260
    assert height >= 220
    assert (relit.photo.width, relit.photo.height) == (260, 220)
    assert relit.lost == 0
    edge = relit.picture.pixels[:, -1].astype(int)
    assert edge.min() > 240


def test_no_canvas_grows_without_bounds(bottle):
    relit = made(bottle, Light(-90, 0), SOME, background="transparent")

    assert relit.picture.width <= 2 * 260 + 4
    assert relit.picture.height <= 2 * 220 + 4


def test_on_the_photo_the_canvas_stays_and_what_is_lost_is_told(bottle):
    relit = made(bottle, Light(-80, 8))

    assert (relit.picture.width, relit.picture.height) == (260, 220)
    assert relit.lost > 0.05
    assert made(bottle, Light(-20, 70)).lost < 0.02


def test_on_nothing_the_product_is_solid_and_its_shadow_is_not(bottle):
    relit = made(bottle, Light(-60, 40, 0), SOME, background="transparent")

    alpha, photo = relit.picture.pixels[..., 3], relit.photo
    part = alpha[photo.top : photo.top + 220, photo.left : photo.left + 260]
    cutout = bottle[1]
    assert (part[cutout.alpha == 1] == 255).all()
    shade = part[cutout.alpha == 0]
    assert 40 < shade.max() <= round(0.7 * 255) + 1
    assert (relit.picture.pixels[alpha == 0] == 0).all()


def test_a_mirror_image_lies_below_the_product(bottle):
    mirror = Cast("reflection", 0.8, 0.1)
    relit = made(bottle, Light(intensity=0), mirror, background="#000000")

    cutout, photo = bottle[1], relit.photo
    foot = photo.top + int(np.flatnonzero((cutout.alpha > 0.5).any(axis=1)).max())
    below = relit.picture.pixels[foot + 3 : foot + 15, photo.left + 130].astype(int)
    assert below[:, 1].max() > 25


def test_a_transparent_photo_stays_transparent_and_keeps_its_size():
    pixels = np.zeros((200, 220, 4), np.uint8)
    pixels[60:160, 80:140] = (180, 90, 40, 255)
    picture = Picture(pixels)

    relit = relight(picture, media.cut_out(picture), Relighting(Light(), SOME))

    assert relit.picture.pixels.shape == (200, 220, 4)
    assert relit.picture.pixels[10, 10, 3] == 0


def test_colours_are_relit_where_the_product_is(bottle):
    cutout = bottle[1]

    assert relit_colours(cutout, Light(intensity=0)) is cutout.colours
    lit = relit_colours(cutout, Light(-60, 30))
    assert (lit[:5] == cutout.colours[:5]).all()
    assert (lit[cutout.alpha == 1] != cutout.colours[cutout.alpha == 1]).any()
