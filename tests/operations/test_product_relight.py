"""product.relight, from a photo to one under another light."""

from __future__ import annotations

import numpy as np
import pytest

from appliance import media
from appliance.core.errors import InvalidInput, TooLarge
from appliance.core.picture import Picture
from appliance.operations.product import relight as module
from appliance.operations.product.relight import relight
from tests.support.run_context import FakeContext, upload
from tests.support.scenes import scene

SIZE = (220, 180)


@pytest.fixture
def photo():
    return Picture(scene("bottle", "white", size=SIZE).pixels)


def run(photo, **raw):
    ctx = FakeContext({"bottle.png": photo})
    output = relight.run(ctx, relight.read({"image": upload("bottle.png")} | raw))
    picture, name, form = ctx.made[0]
    return output, picture.pixels, (name, form.format), ctx


def test_the_photo_keeps_its_size_and_its_products_left_is_brighter(photo):
    output, pixels, named, _ = run(photo, azimuth=-80, elevation=40, opacity=0)

    assert pixels.shape == photo.pixels.shape
    assert named == ("bottle", "png")
    inside = np.argwhere(media.cut_out(photo).alpha == 1)
    change = pixels.astype(int).sum(axis=2) - photo.pixels.astype(int).sum(axis=2)
    left = inside[:, 1] < inside[:, 1].mean()
    told = change[inside[:, 0], inside[:, 1]]
    assert told[left].mean() > 15 > told[~left].mean()
    assert output.facts["photo"] == {"x": 0, "y": 0, "width": 220, "height": 180}
    assert output.warnings == ()


def test_nothing_wanted_is_nothing_changed(photo):
    _, pixels, _, _ = run(photo, intensity=0, opacity=0)

    assert (pixels == photo.pixels).all()


def test_on_a_colour_the_picture_grows_and_says_where_the_photo_is(photo):
    output, pixels, _, _ = run(photo, azimuth=70, elevation=20, background="#ffffff")

    where = output.facts["photo"]
    assert pixels.shape[1] > 220
    assert where["x"] > 0
    assert (where["width"], where["height"]) == SIZE


def test_a_shadow_that_does_not_fit_is_told(photo):
    output, _, _, _ = run(photo, azimuth=-80, elevation=8)

    assert any("outside the photo" in warning for warning in output.warnings)
    assert any("shadows it has" in warning for warning in output.warnings)


@pytest.mark.parametrize("shadow", ["contact", "cast", "reflection"])
def test_every_shadow_shows_on_transparency(photo, shadow):
    _, pixels, _, _ = run(photo, shadow=shadow, background="transparent", opacity=0.8)

    assert pixels.shape[2] == 4
    solid = pixels[..., 3] == 255
    assert ((pixels[..., 3] > 20) & ~solid).sum() > 100


def test_transparent_jpeg_is_refused_with_a_way_out(photo):
    with pytest.raises(InvalidInput, match="png or webp") as told:
        run(photo, background="transparent", format="jpeg")
    assert told.value.field == "format"


def test_more_pixels_than_can_be_relit_are_refused(photo, monkeypatch):
    monkeypatch.setattr(module, "_MOST_PX", 1000)

    with pytest.raises(TooLarge, match="smaller") as told:
        run(photo)
    assert told.value.field == "image"


def test_a_photo_of_nothing_is_refused():
    with pytest.raises(InvalidInput, match="No product"):
        run(Picture(np.full((100, 100, 3), 230, np.uint8)))


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ({"azimuth": 361}, "azimuth"),
        ({"azimuth": float("nan")}, "azimuth"),
        ({"elevation": -1}, "elevation"),
        ({"elevation": float("inf")}, "elevation"),
        ({"intensity": 2.1}, "intensity"),
        ({"temperature": 900}, "temperature"),
        ({"shadow": "long"}, "shadow"),
        ({"opacity": 1.5}, "opacity"),
        ({"softness": "soft"}, "softness"),
        ({"shadow_colour": "black"}, "shadow_colour"),
        ({"background": "white"}, "background"),
        ({"format": "gif"}, "format"),
    ],
)
def test_what_is_out_of_range_is_refused_by_name(photo, raw, field):
    with pytest.raises(InvalidInput) as told:
        run(photo, **raw)
    assert told.value.field == field


@pytest.mark.parametrize("azimuth", [-360, 0, 90, 180, 360])
@pytest.mark.parametrize("elevation", [0, 90])
def test_the_ends_of_every_range_give_a_picture(photo, azimuth, elevation):
    extreme = {"intensity": 2, "temperature": 1700, "softness": 0, "opacity": 1}
    _, pixels, _, _ = run(photo, azimuth=azimuth, elevation=elevation, **extreme)

    assert pixels.shape == photo.pixels.shape
