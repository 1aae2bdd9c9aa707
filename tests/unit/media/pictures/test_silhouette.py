"""Product or background, pixel by pixel."""

from __future__ import annotations

import numpy as np
import pytest

from appliance.media.pictures.border import fit_border, to_lab
from appliance.media.pictures.silhouette import by_grabcut, on_plain
from tests.support.scenes import Scene, iou, scene

SIZE = (300, 400)


def mask_of(pixels: np.ndarray) -> np.ndarray:
    lab = to_lab(pixels)
    return on_plain(lab, fit_border(lab))[0]


def found(drawn: Scene) -> float:
    """Intersection over union with the drawn mask."""
    return iou(mask_of(drawn.pixels).astype(np.float32), drawn.mask)


@pytest.mark.parametrize("background", ["white", "grey", "gradient", "vignette", "blue", "table"])
@pytest.mark.parametrize("product", ["bottle", "shoe", "two"])
@pytest.mark.parametrize("shadow", [0.0, 0.5])
def test_products_on_plain_backgrounds_are_found_without_their_shadow(background, product, shadow):
    # The flood stops a little off the outline: the matting sets it onto it.
    assert found(scene(product, background, size=SIZE, shadow=shadow)) > 0.85


def test_the_hole_in_a_handle_is_background():
    mask = mask_of(scene("mug", "gradient", size=SIZE).pixels)

    assert not mask[206, 222]
    assert mask[206, 150]


def test_a_label_nearly_as_white_as_the_background_is_product():
    assert mask_of(scene("dark box", "white", size=SIZE).pixels)[200, 150]


def test_a_pale_product_is_found_by_its_outline():
    assert found(scene("white box", "white", size=SIZE)) > 0.85


def test_a_product_that_looks_like_a_shadow_is_not_lost_and_not_sure():
    drawn = scene("white box", "white", size=SIZE, shadow=0.4)
    lab = to_lab(drawn.pixels)

    mask, sure = on_plain(lab, fit_border(lab))

    assert iou(mask.astype(np.float32), drawn.mask) > 0.5
    assert not sure


def standing(product: str) -> Scene:
    """The product on white, with a shadow line under it that is as steep as an outline."""
    drawn = scene(product, "white", size=SIZE)
    height = SIZE[1]
    lowest = height - 1 - (drawn.mask > 0.5)[::-1].argmax(axis=0)
    below = np.arange(height)[:, None] - np.where(drawn.mask.any(axis=0), lowest, height)
    light = 1 - 0.6 * np.where(below > 0, np.exp(-below / 2), 0) * (1 - drawn.mask)
    return Scene(np.rint(drawn.pixels * light[..., None]).astype(np.uint8), drawn.mask)


def test_the_dark_line_under_a_coloured_product_is_taken_off():
    drawn = standing("shoe")

    extra = mask_of(drawn.pixels) & (drawn.mask == 0)
    lowest = np.argwhere(drawn.mask > 0.5)[:, 0].max()
    assert not extra[lowest + 3 :].any()


def test_the_foot_of_a_grey_product_is_not_taken_for_shadow():
    drawn = standing("white box")

    mask = mask_of(drawn.pixels)
    assert (mask & (drawn.mask == 1)).sum() > 0.97 * (drawn.mask == 1).sum()


def test_an_empty_picture_has_no_product():
    rng = np.random.default_rng(8)
    pixels = np.clip(rng.normal(240, 2, (200, 200, 3)), 0, 255).astype(np.uint8)

    assert not mask_of(pixels).any()


def test_specks_of_dust_are_background():
    drawn = scene("bottle", "white", size=SIZE)
    drawn.pixels[20:24, 20:24] = 90

    assert not mask_of(drawn.pixels)[18:26, 18:26].any()


def test_grabcut_finds_a_product_before_clutter_and_always_the_same():
    drawn = scene("bottle", "clutter", size=(450, 600))
    lab = to_lab(drawn.pixels)
    far = np.linalg.norm(lab - fit_border(lab).colours(lab), axis=2)

    masks = [by_grabcut(drawn.pixels, far, None) for _ in range(2)]

    assert iou(masks[0].astype(np.float32), drawn.mask) > 0.9
    assert np.array_equal(*masks)


def test_grabcut_follows_people_where_they_are_told():
    drawn = scene("two", "clutter", size=SIZE)
    left = drawn.mask * (np.arange(SIZE[0]) < 150)

    mask = by_grabcut(drawn.pixels, np.zeros_like(left), left.astype(np.float32))

    assert iou(mask.astype(np.float32), left) > 0.9


def test_grabcut_of_one_colour_finds_nothing():
    pixels = np.full((60, 60, 3), 128, np.uint8)

    assert not by_grabcut(pixels, np.zeros((60, 60), np.float32), None).any()
