"""product.compliance: verdicts on real files, and corrected pictures that pass."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage
from PIL import Image, PngImagePlugin

from appliance import media
from appliance.core.errors import BrokenMedia, InvalidInput
from appliance.operations.product.compliance import compliance
from appliance.operations.product.process import process
from tests.support.context import FolderContext
from tests.support.media import truncated, upload, written
from tests.support.scenes import scene

PHOTOS = Path(skimage.__file__).parent / "data"
SCENES = {
    "bottle": "gradient",
    "shoe": "table",
    "two": "blue",
    "dark box": "vignette",
    "white box": "grey",
    "mug": "white",
}


@pytest.fixture
def photo(tmp_path):
    def take(product="bottle", background="gradient", **how):
        drawn = scene(product, background, **{"size": (750, 900), "shadow": 0.3} | how)
        cv2.imwrite(str(tmp_path / "photo.png"), drawn.pixels[..., ::-1])
        return upload(tmp_path / "photo.png", "bottle.png")

    return take


@pytest.fixture
def checked(tmp_path):
    """Facts, warnings and files of a check."""

    def check(image, **raw):
        folder = tmp_path / f"check-{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        read = compliance.read({"image": image} | raw)
        return compliance.run(FolderContext(folder), read)

    return check


def rules(output, market="amazon"):
    return {rule["rule"]: rule for rule in output.facts["marketplaces"][market]["rules"]}


def test_all_marketplaces_are_asked_unless_some_are_named(photo, checked):
    small = photo(size=(300, 360))

    assert tuple(checked(small).facts["marketplaces"]) == media.MARKETPLACES
    some = checked(small, marketplaces=["etsy", "meta", "etsy"])
    assert tuple(some.facts["marketplaces"]) == ("etsy", "meta")


def test_a_photo_on_grey_fails_amazon_by_what_was_measured(photo, checked):
    output = checked(photo(), marketplaces=["amazon"])

    assert output.facts["pass"] is False
    assert output.files == ()
    found = rules(output)
    assert found["white_background"]["measured"] == 0
    assert found["fill"]["measured"] == pytest.approx(0.55, abs=0.05)
    assert found["min_side"]["pass"] is True


def test_autofix_adds_a_picture_that_passes(photo, checked):
    output = checked(photo(), marketplaces=["amazon", "google"], autofix=True)

    assert output.facts["autofix"]["marketplaces"] == {"amazon": True, "google": True}
    file = output.files[0].made()
    again = checked(upload(file.path), marketplaces=["amazon", "google"])
    assert again.facts["pass"] is True
    assert rules(again)["white_background"]["measured"] == 1.0
    assert 0.85 <= rules(again)["fill"]["measured"] <= 0.9


def test_autofix_of_a_good_picture_makes_none(tmp_path, photo, checked):
    made = process.run(
        FolderContext(tmp_path), process.read({"image": photo(), "preset": "amazon"})
    )

    output = checked(upload(made.files[0].made().path), marketplaces=["amazon"], autofix=True)

    assert output.facts["autofix"]["made"] is False
    assert output.files == ()


def test_autofix_says_what_is_too_small_and_makes_nothing_up(tmp_path, photo, checked):
    output = checked(photo(size=(300, 360)), marketplaces=["walmart"], autofix=True)

    assert output.files == ()
    assert output.facts["autofix"]["marketplaces"] == {"walmart": False}
    assert "too small" in output.facts["autofix"]["why"][0]
    assert [each for each in tmp_path.rglob("outputs/*") if each.is_file()] == []


def test_autofix_serves_those_it_can(photo, checked):
    output = checked(photo(size=(750, 900)), marketplaces=["amazon", "walmart"], autofix=True)

    assert output.facts["autofix"]["made"] is True
    assert output.facts["autofix"]["marketplaces"] == {"amazon": True, "walmart": False}


def test_an_enlargement_is_told(photo, checked):
    output = checked(photo(size=(560, 640)), marketplaces=["amazon"], autofix=True)

    assert 1 < output.facts["autofix"]["enlarged"] <= 1.5
    assert any("enlarged" in warning for warning in output.warnings)


def test_a_photo_of_nothing_is_judged_and_not_mended(tmp_path, checked):
    cv2.imwrite(str(tmp_path / "wall.png"), np.full((600, 600, 3), 230, np.uint8))

    output = checked(upload(tmp_path / "wall.png"), marketplaces=["amazon"], autofix=True)

    assert rules(output)["fill"]["measured"] is None
    assert output.files == ()
    assert "No product" in output.facts["autofix"]["why"][0]


def test_a_generated_picture_needs_its_label_at_google(tmp_path, checked):
    info = PngImagePlugin.PngInfo()
    info.add_text("parameters", "a kettle, Steps: 20")
    Image.fromarray(scene(size=(600, 600)).pixels).save(tmp_path / "made.png", pnginfo=info)

    found = rules(checked(upload(tmp_path / "made.png"), marketplaces=["google"]), "google")

    assert (found["ai_label"]["pass"], found["ai_label"]["measured"]) == (False, "missing")
    assert found["ai_label"]["severity"] == "error"


def test_broken_and_unknown_input_is_refused(photo, checked):
    with pytest.raises(BrokenMedia):
        checked(upload(truncated(photo().path)))
    with pytest.raises(InvalidInput, match="must be one of"):
        checked(photo(), marketplaces=["bazaar"])


@pytest.mark.parametrize("kind", ["gif", "webp", "avif", "heic", "tiff", "bmp", "ico", "svg"])
def test_every_format_that_is_read_is_judged(tmp_path, checked, kind):
    output = checked(upload(written(tmp_path, kind)), marketplaces=["shopify"])

    assert rules(output, "shopify")["format"]["measured"] == kind


def _framed(tmp_path, image, market):
    (tmp_path / "made").mkdir()
    read = process.read({"image": image, "preset": market})
    return process.run(FolderContext(tmp_path / "made"), read)


def _assert_passes(made, market, checked):
    file = made.files[0].made()
    look = media.book().marketplaces[market].preset
    assert (file.facts.width_px, file.facts.height_px) == (look.width, look.height)
    output = checked(upload(file.path, file.name), marketplaces=[market])
    broken = [rule for rule in rules(output, market).values() if not rule["pass"]]
    assert output.facts["pass"], broken
    assert [rule["rule"] for rule in broken if rule["certain"]] == []


@pytest.mark.parametrize(
    ("market", "product"), list(zip(media.MARKETPLACES, [*SCENES, *SCENES], strict=False))
)
def test_what_process_makes_for_a_marketplace_passes_there(
    tmp_path, photo, checked, market, product
):
    made = _framed(tmp_path, photo(product, SCENES[product], size=(450, 600)), market)

    _assert_passes(made, market, checked)


@pytest.mark.parametrize("market", ["amazon", "google"])
def test_what_process_makes_of_the_coffee_photo_passes(tmp_path, checked, market):
    made = _framed(tmp_path, upload(PHOTOS / "coffee.png"), market)

    _assert_passes(made, market, checked)


@pytest.mark.slow
@pytest.mark.parametrize("market", media.MARKETPLACES)
@pytest.mark.parametrize("name", ["coffee.png", "chelsea.png", "astronaut.png", "rocket.jpg"])
def test_what_process_makes_of_any_photo_passes(tmp_path, checked, name, market):
    _assert_passes(_framed(tmp_path, upload(PHOTOS / name), market), market, checked)


@pytest.mark.slow
@pytest.mark.parametrize("market", media.MARKETPLACES)
@pytest.mark.parametrize("product", SCENES)
def test_what_process_makes_of_any_scene_passes(tmp_path, photo, checked, product, market):
    made = _framed(tmp_path, photo(product, SCENES[product]), market)

    _assert_passes(made, market, checked)
