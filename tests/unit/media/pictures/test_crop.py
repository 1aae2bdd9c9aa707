"""Cutting parts out of pictures."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from appliance.core.errors import BrokenMedia, InvalidInput, TooLarge
from appliance.core.operation import PNG, PictureFormat
from appliance.media.pictures.convert import Limits
from appliance.media.pictures.crop import Cut, crop
from appliance.media.pictures.decode import decode
from appliance.media.pictures.frame import Box
from tests.support.media import colours, truncated, written


def with_ball(at, size=(300, 200)):
    pixels = np.full((size[1], size[0], 3), 220, np.uint8)
    cv2.circle(pixels, at, 25, (200, 30, 30), -1, cv2.LINE_AA)
    return pixels


@pytest.fixture
def made(tmp_path):
    """(where it was, pixels) of a part of a picture."""

    def make(pixels, ending="png", form=PNG, **how):
        source, target = written(tmp_path, ending, pixels), tmp_path / "target"
        box, size = crop(source, target, Cut(form, **how))
        seen = decode(target, limit_px=10**7)
        assert (seen.width, seen.height) == size
        return box, seen.pixels

    return make


def test_a_box_is_cut_as_it_is(made):
    box, pixels = made(colours(40, 30), box=Box(5, 7, 10, 20))

    assert box == Box(5, 7, 10, 20)
    assert np.array_equal(pixels, colours(40, 30)[7:27, 5:15])


@pytest.mark.parametrize(("box", "field"), [(Box(31, 0, 10, 5), "x"), (Box(0, 26, 5, 5), "y")])
def test_a_box_that_reaches_out_is_refused(made, box, field):
    with pytest.raises(InvalidInput) as told:
        made(colours(40, 30), box=box)
    assert told.value.field == field


@pytest.mark.parametrize("at", [(50, 100), (150, 100), (250, 100)])
@pytest.mark.parametrize("size", [None, (20, 20)])
def test_smart_has_what_stands_out_in_the_middle_if_it_can(made, at, size):
    box, pixels = made(with_ball(at), ending="jpeg", size=size)

    assert (box.width, box.height) == (200, 200)
    assert box.left == pytest.approx(min(100, max(0, at[0] - 100)), abs=12)
    assert pixels.shape[:2] == (size or (200, 200))


def test_smart_looks_up_and_down_too(made):
    box, _ = made(with_ball((100, 250), (200, 300)))

    assert box.top == pytest.approx(100, abs=6)


@pytest.mark.parametrize("smart", [True, False])
def test_where_nothing_stands_out_the_middle_is_taken(made, smart):
    box, _ = made(np.full((200, 300, 3), 90, np.uint8), smart=smart)

    assert (box.left, box.top) == (50, 0)


def test_center_heeds_nothing(made):
    assert made(with_ball((250, 100)), smart=False)[0].left == 50


@pytest.mark.parametrize("ending", ["jpeg", "png"])
@pytest.mark.parametrize("size", [(30, 15), (100, 50), (600, 300)])
def test_a_size_shows_the_same_part(made, ending, size):
    _, pixels = made(colours(400, 300), ending=ending, aspect=2.0, size=size, smart=False)

    wanted = cv2.resize(colours(400, 300)[50:250, :, :2], size, interpolation=cv2.INTER_AREA)
    assert np.abs(pixels[..., :2].astype(int) - wanted).mean() < 3


@pytest.mark.parametrize("aspect", [1 / 5000, 5000.0])
def test_a_shape_has_a_pixel_at_least(made, aspect):
    _, pixels = made(colours(40, 30), aspect=aspect)

    assert min(pixels.shape[:2]) == 1


def test_transparency_stays(made):
    assert made(colours(40, 30, alpha=True))[1].shape == (30, 30, 4)


def test_what_is_damaged_or_too_large_is_refused(tmp_path):
    source, target = written(tmp_path, "jpeg", colours(400, 300)), tmp_path / "target"

    with pytest.raises(TooLarge):
        crop(source, target, Cut(PNG), limits=Limits(px=1000))
    with pytest.raises(TooLarge):
        crop(source, target, Cut(PNG, size=(5000, 5000)), limits=Limits(px=10**6))
    with pytest.raises(InvalidInput, match="WEBP"):
        crop(source, target, Cut(PictureFormat("webp"), size=(16_384, 4)))
    with pytest.raises(BrokenMedia):
        crop(truncated(source), target, Cut(PNG))
