"""product.process, from a photo to a framed product."""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage
from PIL import Image, ImageCms

from appliance import media
from appliance.core.abilities.person_mask import PERSON_MASK
from appliance.core.errors import BrokenMedia, InvalidInput
from appliance.engines.matting.selfie import load
from appliance.engines.registry import CPU
from appliance.operations.product.process import process
from tests.support.context import FolderContext
from tests.support.media import truncated, upload
from tests.support.profiles import rgb_profile
from tests.support.scenes import scene
from tests.support.weights import real_model

PHOTOS = Path(skimage.__file__).parent / "data"


@pytest.fixture
def photo(tmp_path):
    def take(product="bottle", background="gradient", **how):
        drawn = scene(product, background, **{"size": (450, 600), "shadow": 0.3} | how)
        cv2.imwrite(str(tmp_path / "photo.png"), drawn.pixels[..., ::-1])
        return upload(tmp_path / "photo.png", "Green bottle.png")

    return take


@pytest.fixture
def framed(tmp_path):
    """(output, its one file, its pixels) of an upload and raw parameters."""

    def make(image, offers=None, **raw):
        small = {"width": 400, "height": 400}
        read = process.read({"image": image} | small | raw)
        output = process.run(FolderContext(tmp_path, offers), read)
        file = output.files[0].made()
        return output, file, media.decode(file.path, limit_px=10**7).pixels

    return make


def test_the_product_stands_centred_on_white_inside_the_margin(photo, framed):
    output, file, pixels = framed(photo(), format="png")

    assert (file.mime, pixels.shape) == ("image/png", (400, 400, 3))
    there = np.argwhere(np.abs(pixels.astype(int) - 255).max(axis=2) > 8)
    (top, left), (bottom, right) = there.min(axis=0), there.max(axis=0)
    assert (top, 399 - bottom) == (pytest.approx(32, abs=2), pytest.approx(32, abs=2))
    assert left == pytest.approx(399 - right, abs=3)
    assert output.facts["fill"] == 1


def test_the_facts_tell_what_was_measured(photo, framed):
    output, _, _ = framed(photo(), preset_label="summer")

    facts = output.facts
    assert facts["confidence"] > 0.8
    assert facts["plain_background"] is True
    assert facts["engines"] == ["border"]
    assert facts["preset_label"] == "summer"
    assert facts["subject"]["height"] == 336
    assert facts["frame_fill"] == 0.84
    assert facts["border_touch"] == 0


def test_the_stem_of_the_upload_names_the_result_and_jpeg_is_usual(photo, framed):
    _, file, _ = framed(photo())

    assert (file.name, file.mime) == ("Green bottle.jpg", "image/jpeg")


@pytest.mark.parametrize("form", ["png", "webp", "avif"])
def test_transparent_leaves_only_the_product(photo, framed, form):
    _, _, pixels = framed(photo(), background="transparent", format=form)

    assert pixels.shape[2] == 4
    assert not pixels[:25, :, 3].any()
    assert pixels[200, 200, 3] == 255


def test_transparent_jpeg_is_refused_with_a_way_out(photo, framed):
    with pytest.raises(InvalidInput, match="png or webp") as told:
        framed(photo(), background="transparent")
    assert told.value.field == "format"


@pytest.mark.parametrize("shadow", ["contact", "drop"])
def test_shadows_darken_the_background_below_the_product(photo, framed, shadow):
    _, _, pixels = framed(photo(), shadow=shadow, format="png")

    assert pixels[369:374, 200].max() < 250
    assert (pixels[:20] == 255).all()


def test_keep_shows_the_photos_own_background(photo, framed):
    output, _, pixels = framed(
        photo(background="blue"), background="keep", shadow="drop", format="png"
    )

    red, _, blue = pixels[20, 20].astype(int)
    assert blue > red + 60
    assert any("own" in warning for warning in output.warnings)


def test_a_small_product_is_enlarged_and_told(photo, framed):
    output, _, _ = framed(photo(size=(225, 300)), width=1000, height=1000)

    assert any("enlarged" in warning for warning in output.warnings)
    assert output.facts["scale"] > 3


def test_a_product_at_the_photos_edge_is_told(photo, framed):
    output, _, _ = framed(photo(at=(0.5, 0.85)))

    assert any("edge of the photo" in warning for warning in output.warnings)


def test_a_background_that_is_not_plain_is_told(photo, framed):
    output, _, _ = framed(photo(background="clutter"))

    assert "not plain" in output.warnings[0]
    assert output.facts["plain_background"] is False
    assert output.facts["confidence"] < 0.4


def test_a_product_like_a_shadow_is_told(photo, framed):
    output, _, _ = framed(photo("white box", "white"))

    assert "hard to tell" in output.warnings[0]


def test_a_photo_of_nothing_is_refused_with_what_to_do(tmp_path, framed):
    cv2.imwrite(str(tmp_path / "wall.png"), np.full((300, 300, 3), 230, np.uint8))

    with pytest.raises(InvalidInput, match="plain background") as told:
        framed(upload(tmp_path / "wall.png"))
    assert told.value.field == "image"


def test_people_are_cut_out_by_the_real_network(framed):
    people = {PERSON_MASK.name: load(real_model("person-selfie"), CPU)}
    image = upload(PHOTOS / "astronaut.png")

    output, _, pixels = framed(image, people, background="transparent", format="png")

    assert output.facts["engines"] == ["people", "grabcut"]
    assert any("edge of the photo" in warning for warning in output.warnings)
    assert 0.3 < (pixels[..., 3] > 128).mean() < 0.7
    assert not pixels[:100, -60:, 3].any()  # where the model rocket stood


def test_a_cup_is_not_taken_for_people(framed):
    people = {PERSON_MASK.name: load(real_model("person-selfie"), CPU)}

    output, _, _ = framed(upload(PHOTOS / "coffee.png"), people)

    assert output.facts["engines"] == ["grabcut"]


@pytest.mark.parametrize("name", ["coffee.png", "chelsea.png", "astronaut.png", "rocket.jpg"])
def test_photos_on_no_plain_background_give_a_picture_and_a_warning(framed, name):
    output, _, pixels = framed(upload(PHOTOS / name))

    assert pixels.shape == (400, 400, 3)
    assert not output.facts["plain_background"]
    assert any("not plain" in warning for warning in output.warnings)


def test_of_the_coffee_photo_the_cup_is_cut_out(framed):
    _, _, pixels = framed(upload(PHOTOS / "coffee.png"), background="transparent", format="png")

    assert pixels[200, 200, 3] == 255  # the cup
    assert not pixels[:25, :, 3].any()
    assert 0.3 < (pixels[..., 3] > 128).mean() < 0.7


def test_progress_only_goes_forward(tmp_path, photo):
    context = FolderContext(tmp_path)
    process.run(context, process.read({"image": photo(), "width": 200, "height": 200}))

    fractions = [step.fraction for step in context.steps]
    assert fractions == sorted(fractions)
    assert len(fractions) >= 3


def test_a_truncated_photo_is_broken_media(photo, framed):
    with pytest.raises(BrokenMedia):
        framed(upload(truncated(photo().path)))


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ({"width": 63}, "width"),
        ({"height": 8001}, "height"),
        ({"margin": 0.46}, "margin"),
        ({"background": "white"}, "background"),
        ({"shadow": "long"}, "shadow"),
        ({"format": "gif"}, "format"),
        ({"jpeg_quality": 0}, "jpeg_quality"),
    ],
)
def test_what_is_out_of_range_is_refused_by_name(photo, framed, raw, field):
    with pytest.raises(InvalidInput) as told:
        framed(photo(), **raw)
    assert told.value.field == field


def test_a_preset_gives_size_margin_and_format(photo, framed):
    output, file, pixels = framed(photo(), preset="ebay", width=None, height=None)

    assert (file.mime, pixels.shape) == ("image/jpeg", (1600, 1600, 3))
    assert output.facts["preset"] == "ebay"
    assert output.facts["frame_fill"] == 0.88
    assert not any("eBay" in warning for warning in output.warnings)


@pytest.mark.parametrize(
    ("raw", "rule"),
    [
        ({"margin": 0.2}, "fill"),
        ({"background": "#DDDDDD"}, "white_background"),
        ({"format": "webp"}, "format"),
        ({"width": 400, "height": 400}, "min_side"),
        ({"width": 1200, "height": 1200}, "recommended_side"),
    ],
)
def test_what_is_said_explicitly_overrides_the_preset_with_a_warning(photo, framed, raw, rule):
    sides = {"width": None, "height": None}
    output, _, _ = framed(photo(), preset="amazon", **sides | raw)

    assert any(f"Amazon, main picture, {rule}: " in warning for warning in output.warnings)


def test_a_drop_shadow_may_break_white_and_is_told(photo, framed):
    output, _, _ = framed(photo(), preset="amazon", shadow="drop", width=None, height=None)

    assert any("white_background" in warning for warning in output.warnings)


def _wide_gamut(path, pixels, gamut):
    """The pixels as a file whose profile has wider primaries; D65, gamma 2.2."""
    profile = rgb_profile(gamut)
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    wide = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    image = ImageCms.profileToProfile(Image.fromarray(pixels), srgb, wide)
    assert np.abs(np.asarray(image).astype(int) - pixels).max() > 10  # other numbers, same colours
    image.save(path, icc_profile=profile)


@pytest.mark.parametrize("gamut", ["adobe", "p3"])
@pytest.mark.parametrize("form", ["png", "jpeg"])
def test_colours_of_a_wide_gamut_photo_come_out_within_one_delta_e(tmp_path, framed, gamut, form):
    drawn = scene("dark box", "grey", size=(900, 900), noise=0)
    colours = drawn.pixels.copy()
    for number, colour in enumerate([(200, 40, 50), (40, 150, 70), (50, 70, 190), (230, 190, 60)]):
        colours[360:540, 240 + 105 * number : 240 + 105 * (number + 1)] = colour
    _wide_gamut(tmp_path / "wide.png", colours, gamut)

    output, _, pixels = framed(upload(tmp_path / "wide.png"), format=form, jpeg_quality=95)

    box = output.facts["subject"]
    left, top = box["x"], box["y"]
    scale = box["width"] / 450
    for number in range(4):
        x = left + round((240 + 105 * number + 52 - 225) * scale)
        y = top + round((450 - 270) * scale)
        seen = pixels[y - 6 : y + 6, x - 6 : x + 6].reshape(1, -1, 3)
        asked = colours[450:451, 240 + 105 * number + 52 : 240 + 105 * number + 53]
        far = skimage.color.deltaE_ciede2000(
            skimage.color.rgb2lab(seen), skimage.color.rgb2lab(asked)
        )
        assert float(far.mean()) <= 1
