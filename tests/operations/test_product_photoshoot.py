"""product.photoshoot: a series, its sheet, its own backgrounds."""

from __future__ import annotations

import numpy as np
import pytest

from appliance.core.errors import InvalidInput
from appliance.core.picture import Picture
from appliance.operations.product.photoshoot import photoshoot
from tests.operations.test_product_background import Painting
from tests.support.run_context import FakeContext, upload
from tests.support.scenes import scene


@pytest.fixture(scope="module")
def photo():
    return Picture(scene("bottle", "white", size=(300, 360)).pixels)


def run(photo, offers=None, **raw):
    wall = Picture(np.full((40, 60, 3), (200, 30, 30), np.uint8))
    ctx = FakeContext({"bottle.png": photo, "wall.png": wall}, offers)
    asked = {"image": upload("bottle.png"), "seed": 7, "side": 512} | raw
    return ctx, photoshoot.run(ctx, photoshoot.read(asked))


def test_a_series_comes_with_a_sheet_and_says_what_it_is(photo):
    ctx, output = run(photo, count=3, lighting="soft", angle="hero")

    assert [name for _, name, _ in ctx.made] == [f"bottle-{n}" for n in (1, 2, 3, "sheet")]
    assert [picture.width for picture, _, _ in ctx.made[:3]] == [512] * 3
    assert len({picture.pixels.tobytes() for picture, _, _ in ctx.made}) == 4
    facts = output.facts
    assert (facts["photo_count"], facts["background"], facts["lighting"], facts["angle"]) == (
        3, "studio-white", "soft", "hero",
    )  # fmt: skip
    assert len(output.files) == 4


def test_one_picture_needs_no_sheet(photo):
    ctx, output = run(photo)

    assert [name for _, name, _ in ctx.made] == ["bottle-1"]
    assert output.facts["photo_count"] == 1


def test_the_same_seed_gives_the_same_series(photo):
    one, same = (run(photo, count=2, side=512)[0].made for _ in range(2))

    assert [p.pixels.tobytes() for p, _, _ in one] == [p.pixels.tobytes() for p, _, _ in same]


def test_a_custom_background_may_be_a_colour_or_a_picture(photo):
    blue, _ = run(photo, background="custom", colour="#2040c0")
    red, _ = run(photo, background="custom", behind=upload("wall.png"))

    assert blue.made[0][0].pixels[10, 10].argmax() == 2
    assert red.made[0][0].pixels[10, 10].argmax() == 0


def test_words_or_a_models_name_have_the_model_make_the_set(photo):
    painting = Painting()
    offers = {"image.text_to_image": painting}

    run(photo, offers, background="custom", prompt="a harbour", count=2)
    run(photo, offers, background="outdoor", model="sdxl")

    assert painting.asked[0].prompt.startswith("a harbour, ")
    assert [brief.seed for brief in painting.asked] == [7, 8, 7]
    assert "garden" in painting.asked[2].prompt


def test_a_small_product_is_enlarged_and_told(photo):
    small = Picture(photo.pixels[::3, ::3].copy())

    _, output = run(small, angle="hero")

    assert any("enlarged" in warning for warning in output.warnings)
    assert run(photo, angle="lifestyle")[1].warnings == ()


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ({"background": "custom"}, "background"),
        ({"background": "custom", "colour": "#123456", "prompt": "a"}, "background"),
        ({"background": "outdoor", "colour": "#123456"}, "colour"),
        ({"background": "custom", "colour": "#123456", "model": "sdxl"}, "model"),
        ({"background": "moon"}, "background"),
        ({"angle": "sideways"}, "angle"),
        ({"lighting": "neon"}, "lighting"),
        ({"count": 0}, "count"),
        ({"count": 5}, "count"),
        ({"side": 511}, "side"),
        ({"background": "custom", "colour": "red"}, "colour"),
    ],
)
def test_what_cannot_be_asked_for_is_refused_by_name(photo, raw, field):
    with pytest.raises(InvalidInput) as told:
        run(photo, **raw)
    assert told.value.field == field


def test_a_photo_of_nothing_is_refused():
    with pytest.raises(InvalidInput, match="No product"):
        run(Picture(np.full((100, 100, 3), 230, np.uint8)))
