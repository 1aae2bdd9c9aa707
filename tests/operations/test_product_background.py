"""product.background: the product kept, sets by name, a model's pictures by words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from appliance import media
from appliance.core.abilities.text_to_image import Brief
from appliance.core.errors import InvalidInput
from appliance.core.picture import Picture
from appliance.core.progress import Progress
from appliance.operations.product.background import background
from tests.operations.test_image_upscale import Doubling
from tests.support.context import FolderContext
from tests.support.media import upload, written
from tests.support.run_context import FakeContext
from tests.support.run_context import upload as given
from tests.support.scenes import scene

SIZE = (200, 160)


class Painting:
    """A TextToImage that paints its seed."""

    def __init__(self) -> None:
        self.asked: list[Brief] = []

    def settle(self, brief: Brief) -> Brief:
        return replace(brief, steps=1)

    def generate(self, brief: Brief, progress: Progress) -> Picture:
        self.asked.append(brief)
        progress(1.0)
        return Picture(np.full((64, 80, 3), (brief.seed * 40 % 256, 90, 200), np.uint8))


@pytest.fixture
def photo():
    return Picture(scene("bottle", "gradient", size=SIZE, shadow=0.3).pixels)


def run(photo, offers=None, **raw):
    ctx = FakeContext({"bottle.png": photo}, offers)
    image = given("bottle.png")
    output = background.run(ctx, background.read({"image": image, "seed": 7} | raw))
    return ctx, output


def test_the_product_is_the_photos_own_pixel_for_pixel_in_the_file_too(tmp_path):
    pixels = scene("bottle", "gradient", size=SIZE, shadow=0.3).pixels
    # Lying on its side with the turn noted, as phones write it: decoded upright first.
    path = written(tmp_path, "png", np.rot90(pixels).copy(), exif=_turned())
    ctx = FolderContext(tmp_path)
    read = background.read({"image": upload(path, "bottle.png"), "style": "beach", "seed": 1})

    output = background.run(ctx, read)

    made = media.decode(output.files[0].made().path, limit_px=10**6).pixels
    inside = media.cut_out(Picture(pixels)).alpha == 1
    assert inside.sum() > 500
    assert (made[inside] == pixels[inside]).all()


def _turned():
    from PIL import Image

    exif = Image.Exif()
    exif[0x0112] = 6
    return exif


def test_a_style_needs_no_model_and_names_itself(photo):
    ctx, output = run(photo, style="gradient-warm")

    (picture, name, form) = ctx.made[0]
    assert (picture.width, picture.height, name, form.format) == (*SIZE, "bottle", "png")
    assert output.facts["style"] == "gradient-warm"
    assert output.facts["seed"] == 7
    assert "seeds" not in output.facts
    assert output.warnings == ()


def test_each_of_several_takes_the_next_seed(photo):
    ctx, output = run(photo, style="beach", count=3)

    assert [name for _, name, _ in ctx.made] == ["bottle-1", "bottle-2", "bottle-3"]
    assert output.facts["seeds"] == [7, 8, 9]
    assert len({picture.pixels.tobytes() for picture, _, _ in ctx.made}) == 3
    alone, _ = run(photo, style="beach", seed=8)
    assert (alone.made[0][0].pixels == ctx.made[1][0].pixels).all()


def test_the_last_seed_is_followed_by_the_first(photo):
    _, output = run(photo, style="studio-white", count=2, seed=2**53 - 1)

    assert output.facts["seeds"] == [2**53 - 1, 0]


def test_words_are_pictured_by_the_model_in_the_photos_shape(photo):
    painting = Painting()
    ctx, output = run(photo, {"image.text_to_image": painting}, prompt="a harbour", count=2)

    first, second = painting.asked
    assert first.prompt.startswith("a harbour, ")
    assert (first.width, first.height) == (256, 256)
    assert (first.seed, second.seed) == (7, 8)
    cutout = media.cut_out(photo)
    made = ctx.made[0][0].pixels
    assert (made[cutout.alpha == 1] == photo.pixels[cutout.alpha == 1]).all()
    assert made[8, 100].argmax() == 2  # the painted blue
    assert "style" not in output.facts


def test_a_small_picture_of_the_model_is_enlarged_by_a_network_where_there_is_one(photo):
    doubling = Doubling()
    offers = {"image.text_to_image": Painting(), "image.upscaler": doubling}

    run(photo, offers, prompt="a harbour")

    assert doubling.asked == [4]


def test_the_photos_shadow_is_kept_where_it_can_be_told(photo):
    made, output = run(photo, style="studio-white", keep_shadow=True)
    without, _ = run(photo, style="studio-white")

    assert output.warnings == ()
    assert (made.made[0][0].pixels != without.made[0][0].pixels).any()
    clutter = Picture(scene("bottle", "clutter", size=SIZE).pixels)
    _, output = run(clutter, style="studio-white", keep_shadow=True)
    assert any("own shadow" in warning for warning in output.warnings)


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ({}, "style"),
        ({"style": "cheese"}, "style"),
        ({"style": "marble", "prompt": "a wall"}, "prompt"),
        ({"style": "marble", "model": "sdxl"}, "model"),
        ({"style": "marble", "count": 0}, "count"),
        ({"style": "marble", "count": 5}, "count"),
        ({"style": "marble", "seed": -1}, "seed"),
        ({"style": "marble", "seed": 2**53}, "seed"),
        ({"prompt": ""}, "prompt"),
        ({"style": "marble", "format": "gif"}, "format"),
        ({"style": ["marble"]}, "style"),
    ],
)
def test_what_cannot_be_asked_for_is_refused_by_name(photo, raw, field):
    with pytest.raises(InvalidInput) as told:
        run(photo, **raw)
    assert told.value.field == field


def test_a_photo_of_nothing_is_refused():
    wall = Picture(np.full((120, 120, 3), 230, np.uint8))

    with pytest.raises(InvalidInput, match="No product") as told:
        run(wall, style="studio-white")
    assert told.value.field == "image"


def test_progress_only_goes_forward(photo):
    ctx, _ = run(photo, style="studio-white", count=4)

    fractions = [step.fraction for step in ctx.steps]
    assert fractions == sorted(fractions)


@pytest.mark.parametrize(
    ("size", "sides"),
    [((1600, 1200), (1024, 768)), ((300, 900), (304, 896)), ((40, 40), (256, 256))],
)
def test_a_background_is_asked_for_in_the_photos_shape_and_no_larger(size, sides):
    painting = Painting()
    pixels = np.full((size[1], size[0], 3), 235, np.uint8)
    pixels[size[1] // 4 : size[1] // 2, size[0] // 4 : size[0] // 2] = (200, 40, 40)

    run(Picture(pixels), {"image.text_to_image": painting}, prompt="a harbour")

    assert (painting.asked[0].width, painting.asked[0].height) == sides
