"""Cutting products out, against the masks they were drawn from."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from appliance.core.picture import Picture
from appliance.media.pictures.border import to_lab
from appliance.media.pictures.cutout import cut_out
from tests.support.scenes import Scene, iou, scene

PLAIN = ("white", "grey", "gradient", "vignette", "blue", "table")


def as_jpeg(drawn: Scene, quality: int = 85) -> Picture:
    """The scene as a camera would have sent it."""
    _, coded = cv2.imencode(".jpg", drawn.pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return Picture(np.ascontiguousarray(cv2.imdecode(coded, cv2.IMREAD_COLOR)[..., ::-1]))


@pytest.mark.parametrize("background", PLAIN)
@pytest.mark.parametrize("product", ["bottle", "dark box"])
def test_on_plain_backgrounds_the_cutout_is_the_product(product, background):
    drawn = scene(product, background, size=(450, 600), shadow=0.3)

    cutout = cut_out(as_jpeg(drawn))

    assert iou(cutout.alpha, drawn.mask) > 0.95
    assert np.abs(cutout.alpha - drawn.mask).mean() < 0.005
    assert cutout.plain
    assert cutout.confidence > 0.75
    assert cutout.methods == ("border",)


def test_colours_inside_the_product_are_the_photos_own():
    drawn = scene("bottle", "gradient", size=(450, 600))

    cutout = cut_out(Picture(drawn.pixels))

    inside = cutout.alpha == 1
    assert inside.sum() > 0.9 * drawn.mask.sum()
    assert np.array_equal(cutout.colours[inside], drawn.pixels[inside])


def test_no_background_is_left_in_the_edge():
    drawn = scene("bottle", "blue", size=(450, 600), noise=0)

    cutout = cut_out(Picture(drawn.pixels))

    edge = (cutout.alpha > 0.2) & (cutout.alpha < 0.95)
    assert edge.sum() > 200
    # Blue beside green: b* of the background is -35, of bottle and label above 0.
    assert np.percentile(to_lab(cutout.colours)[edge][:, 2], 5) > -8


@pytest.mark.parametrize(
    ("product", "background", "shadow"),
    [("white box", "gradient", 0.4), ("white box", "white", 0.4)],
)
def test_a_cutout_that_went_wrong_is_not_sure_of_itself(product, background, shadow):
    drawn = scene(product, background, size=(450, 600), shadow=shadow)

    cutout = cut_out(Picture(drawn.pixels))

    assert iou(cutout.alpha, drawn.mask) < 0.9
    assert cutout.confidence < 0.6


def test_a_pale_box_before_a_pale_wall_is_cut_out_and_to_be_checked():
    drawn = scene("white box", "table", size=(450, 600), shadow=0.2)

    cutout = cut_out(Picture(drawn.pixels))

    assert iou(cutout.alpha, drawn.mask) > 0.97
    assert cutout.confidence < 0.6


def test_clutter_is_not_plain_and_never_sure():
    drawn = scene("bottle", "clutter", size=(450, 600))

    cutout = cut_out(Picture(drawn.pixels))

    assert not cutout.plain
    assert cutout.confidence <= 0.34
    assert cutout.methods == ("grabcut",)
    assert iou(cutout.alpha, drawn.mask) > 0.9


def test_touching_the_border_is_measured_and_lowers_confidence():
    low = cut_out(Picture(scene("bottle", "white", size=(450, 600), at=(0.5, 0.85)).pixels))
    middle = cut_out(Picture(scene("bottle", "white", size=(450, 600)).pixels))

    assert middle.touching == 0
    assert low.touching > 0.03
    assert low.confidence < middle.confidence


def test_nothing_there_is_nothing_found():
    cutout = cut_out(Picture(np.full((300, 200, 3), 240, np.uint8)))

    assert not cutout.found
    assert cutout.confidence == 0
    assert cutout.alpha.shape == (300, 200)


def test_a_picture_with_transparency_is_cut_out_already():
    pixels = np.zeros((40, 40, 4), np.uint8)
    pixels[10:30, 10:30] = (9, 8, 7, 255)
    pixels[10, 10:30, 3] = 102

    cutout = cut_out(Picture(pixels))

    assert cutout.methods == ("transparency",)
    assert (cutout.confidence, cutout.plain) == (1.0, True)
    assert cutout.alpha[10, 15] == pytest.approx(0.4)


def test_an_alpha_channel_that_hides_nothing_is_left_aside():
    drawn = scene("bottle", "white", size=(300, 400))
    opaque = np.dstack([drawn.pixels, np.full(drawn.mask.shape, 255, np.uint8)])

    assert cut_out(Picture(opaque)).methods == ("border",)


def test_people_are_merged_in_where_they_are_sure():
    drawn = scene("two", "clutter", size=(450, 600))
    sure = (drawn.mask > 0.5).astype(np.float32)

    cutout = cut_out(Picture(drawn.pixels), person=sure)

    assert cutout.methods == ("people", "grabcut")
    assert iou(cutout.alpha, drawn.mask) > 0.95
    assert cutout.confidence > 0.6


def test_on_a_plain_background_people_fill_what_looks_like_it():
    drawn = scene("white box", "white", size=(450, 600), shadow=0.4)
    person = (drawn.mask > 0.5).astype(np.float32)

    cutout = cut_out(Picture(drawn.pixels), person=person)

    assert cutout.methods == ("border", "people")
    assert cutout.alpha[drawn.mask == 1].mean() > 0.98


@pytest.mark.parametrize(("share", "sure"), [(0.03, 1.0), (1.0, 0.7)])
def test_few_or_unsure_people_are_left_aside(share, sure):
    drawn = scene("bottle", "white", size=(300, 400))
    person = np.zeros(drawn.mask.shape, np.float32)
    person[: round(400 * share)] = sure

    assert cut_out(Picture(drawn.pixels), person=person).methods == ("border",)


def test_the_same_picture_gives_the_same_cutout():
    drawn = scene("bottle", "clutter", size=(300, 400))

    one, two = (cut_out(Picture(drawn.pixels)) for _ in range(2))

    assert np.array_equal(one.alpha, two.alpha)
    assert np.array_equal(one.colours, two.colours)


@pytest.mark.parametrize("size", [(8, 8), (9, 200), (1, 40)])
def test_tiny_pictures_do_no_harm(size):
    noise = np.random.default_rng(9).integers(0, 255, (*size, 3), np.uint8)

    assert cut_out(Picture(noise)).alpha.shape == size
