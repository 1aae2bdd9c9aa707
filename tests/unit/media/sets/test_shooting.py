from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from appliance import media
from appliance.core.picture import Picture
from appliance.media.sets.shooting import ANGLES, LIGHTINGS, Shot, contact_sheet, shoot
from tests.support.scenes import scene

SIDE = 160
WHITE = Shot("studio-white", "front", "studio", SIDE, 7)


@pytest.fixture(scope="module")
def bottle():
    return media.cut_out(Picture(scene("bottle", "white", size=(300, 360)).pixels))


@pytest.mark.parametrize("angle", ANGLES)
def test_a_picture_is_taken_at_every_angle(bottle, angle):
    taken = shoot(bottle, replace(WHITE, angle=angle))

    assert taken.picture.pixels.shape == (SIDE, SIDE, 3)
    stage = taken.stage
    assert max(stage.wide, stage.tall) == pytest.approx(ANGLES[angle].fill * SIDE, abs=1)
    assert stage.left >= 0
    assert stage.left + stage.wide <= SIDE
    assert stage.top >= 0
    assert stage.base <= SIDE


def test_the_ground_leans_as_the_angle_says(bottle):
    leans = [shoot(bottle, replace(WHITE, angle=each)).stage.lean for each in ANGLES]

    assert len({*leans}) == len(ANGLES)
    assert shoot(bottle, replace(WHITE, angle="top-down")).stage.above


def test_a_flat_lay_is_seen_from_above_at_any_angle(bottle):
    taken = shoot(bottle, replace(WHITE, background="flat-lay", angle="hero"))

    assert taken.stage.above


@pytest.mark.parametrize("lighting", LIGHTINGS)
def test_a_picture_is_taken_in_every_light(bottle, lighting):
    pixels = shoot(bottle, replace(WHITE, lighting=lighting)).picture.pixels

    assert pixels.std() > 10


def test_the_golden_hour_is_warm_and_drama_is_dark(bottle):
    def mean(lighting):
        return shoot(bottle, replace(WHITE, lighting=lighting)).picture.pixels.mean(axis=(0, 1))

    studio, golden, dramatic = (mean(each) for each in ("studio", "golden-hour", "dramatic"))
    assert golden[0] / golden[2] > 1.1 * studio[0] / studio[2]
    assert dramatic.mean() < 0.85 * studio.mean()


def test_later_pictures_differ_in_framing_light_and_set(bottle):
    taken = [shoot(bottle, replace(WHITE, background="beach", number=n)) for n in range(4)]

    boxes = {(each.stage.left, each.stage.top, each.stage.wide) for each in taken}
    assert len(boxes) == 4
    assert len({each.stage.light.azimuth for each in taken}) == 4
    assert np.sign(taken[0].stage.light.azimuth) != np.sign(taken[1].stage.light.azimuth)
    assert len({each.picture.pixels.tobytes() for each in taken}) == 4


def test_the_same_shot_gives_the_same_picture(bottle):
    shot = replace(WHITE, background="beach", number=2)

    assert (shoot(bottle, shot).picture.pixels == shoot(bottle, shot).picture.pixels).all()


def test_the_product_is_the_same_in_all_of_a_series(bottle):
    """Its shape and its colours: only scaled, and lit."""
    taken = [shoot(bottle, replace(WHITE, lighting="soft", number=n)) for n in range(3)]

    for each in taken:
        stage = each.stage
        assert stage.wide / stage.tall == pytest.approx(
            taken[0].stage.wide / taken[0].stage.tall, rel=0.04
        )
        red, green, blue = each.picture.pixels[
            round(stage.base - 0.08 * stage.tall), round(stage.middle)
        ].astype(int)
        assert green > max(red, blue)  # green glass


def test_a_colour_and_a_picture_may_be_the_set(bottle):
    blue = shoot(bottle, replace(WHITE, background="#2040c0")).picture.pixels
    photo = Picture(np.full((50, 90, 3), (200, 30, 30), np.uint8))
    red = shoot(bottle, replace(WHITE, background=photo)).picture.pixels

    assert blue[5, 5].argmax() == 2
    assert red[5, 5].argmax() == 0


def test_a_small_product_is_enlarged_and_that_is_told(bottle):
    assert shoot(bottle, WHITE).scale < 1
    assert shoot(bottle, replace(WHITE, side=800)).scale > 1


def test_a_contact_sheet_shows_all():
    pictures = [Picture(np.full((60, 60, 3), level, np.uint8)) for level in (40, 80, 120)]

    sheet = contact_sheet(pictures, 40).pixels

    assert sheet.shape == (86, 86, 3)  # two rows of two, with gaps of 2
    assert {40, 80, 120, 255} == {*np.unique(sheet)}
    assert contact_sheet(pictures[:2], 40).pixels.shape[0] < sheet.shape[0]


def test_what_is_unknown_or_empty_is_refused(bottle):
    with pytest.raises(KeyError):
        shoot(bottle, replace(WHITE, angle="sideways"))
    empty = replace(bottle, alpha=np.zeros_like(bottle.alpha))
    with pytest.raises(ValueError, match="nothing"):
        shoot(empty, WHITE)
