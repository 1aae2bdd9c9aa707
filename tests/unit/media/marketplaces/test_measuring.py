from __future__ import annotations

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

from appliance.core.errors import BrokenMedia, TooLarge
from appliance.media.marketplaces.measuring import colour_mode, measure
from tests.support.media import animation, truncated, written


def disc(side=300, *, alpha=False):
    pixels = np.full((side, side, 3), 255, np.uint8)
    cv2.circle(pixels, (side // 2, side // 2), side * 43 // 100, (180, 30, 40), -1)
    if not alpha:
        return pixels
    opaque = (pixels != 255).any(axis=2)
    return np.dstack([np.where(opaque[..., None], pixels, 0), opaque * 255]).astype(np.uint8)


def told(path, name=None):
    return measure(path, name or path.name, limit_px=10**7)


def test_a_plain_jpeg_is_measured(tmp_path):
    path = written(tmp_path, "jpeg", disc(), quality=85)
    values = told(path, "vase.JPG").values

    assert values["format"] == "jpeg"
    assert values["name_ending"] == "right"
    assert values["bytes"] == path.stat().st_size
    assert (values["longest_px"], values["shortest_px"], values["megapixels"]) == (300, 300, 0.09)
    assert values["fill"] == pytest.approx(0.86, abs=0.01)
    assert values["border_white"] == 1.0
    assert values["off_centre"] < 0.01
    assert (values["animated"], values["colour_mode"], values["aspect"]) == (False, "rgb8", 1.0)


def test_nearly_white_is_white_in_jpeg_and_not_in_png(tmp_path):
    near = np.where(disc() == 255, 254, disc()).astype(np.uint8)

    assert told(written(tmp_path, "jpeg", near, quality=95)).values["border_white"] == 1.0
    assert told(written(tmp_path, "png", near)).values["border_white"] == 0.0


def test_transparency_counts_as_white(tmp_path):
    values = told(written(tmp_path, "png", disc(alpha=True))).values

    assert values["border_white"] == 1.0
    assert values["fill"] == pytest.approx(0.86, abs=0.02)


def test_a_turn_that_the_camera_noted_is_applied(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    path = written(tmp_path, "jpeg", disc()[:, 60:240], exif=exif.tobytes())

    assert told(path).values["width_px"] == 300


def test_cmyk_is_named_and_its_pixels_are_measured_as_srgb(tmp_path):
    path = tmp_path / "print.jpg"
    Image.fromarray(disc()).convert("CMYK").save(path, "JPEG", quality=95)

    values = told(path).values

    assert values["colour_mode"] == "cmyk"
    assert values["border_white"] == 1.0


def test_a_wide_profile_is_applied_before_white_is_judged(tmp_path):
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    path = written(tmp_path, "png", disc(), icc_profile=lab)

    found = told(path)

    assert found.values["border_white"] == 1.0
    assert "sRGB" in found.details["colour_profile"]


def test_sixteen_bits_are_told(tmp_path):
    cv2.imwrite(str(tmp_path / "deep.png"), disc().astype(np.uint16) * 257)

    values = told(tmp_path / "deep.png").values

    assert values["colour_mode"] == "deep"
    assert values["border_white"] == 1.0


def test_an_animation_is_told(tmp_path):
    assert told(animation(tmp_path, "gif")).values["animated"] is True


@pytest.mark.parametrize(
    ("name", "ending"), [("vase.png", "wrong"), ("vase", "missing"), ("a.jpeg", "right")]
)
def test_the_name_is_held_against_the_content(tmp_path, name, ending):
    assert told(written(tmp_path, "jpeg", disc()), name).values["name_ending"] == ending


@pytest.mark.parametrize(
    ("mode", "says"),
    [("RGBA", "rgb8"), ("P", "rgb8"), ("L", "grey8"), ("CMYK", "cmyk"), ("I;16", "deep")],
)
def test_modes_are_named_as_shops_do(mode, says):
    assert colour_mode(mode) == says


def test_an_empty_frame_has_no_fill_to_measure(tmp_path):
    values = told(written(tmp_path, "png", np.full((64, 64, 3), 255, np.uint8))).values

    assert values["fill"] is None
    assert values["touches_edge"] is None


def test_a_drawing_is_measured_as_it_is_drawn(tmp_path):
    assert told(written(tmp_path, "svg")).values["format"] == "svg"


def test_damage_and_size_are_refused_as_by_decode(tmp_path):
    path = written(tmp_path, "png", disc())

    with pytest.raises(BrokenMedia):
        told(truncated(path))
    with pytest.raises(TooLarge):
        measure(path, "a.png", limit_px=100)
