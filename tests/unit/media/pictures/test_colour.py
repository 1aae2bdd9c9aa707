"""Profiles and odd sample formats as sRGB."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageCms

from appliance.media.pictures.colour import srgb_profile, to_srgb
from tests.support.media import colours


def as_array(image: Image.Image) -> np.ndarray:
    return np.asarray(to_srgb(image)).astype(int)


def gamma_profile(gamma: float) -> bytes:
    """An RGB matrix profile like sRGB's with another tone curve, made by editing a v2 profile."""
    return _with_curve(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(), gamma)


def _with_curve(profile: bytes, gamma: float) -> bytes:
    """Put a plain gamma curve (`para` type 0) in place of sRGB's piecewise one."""
    data = bytearray(profile)
    at = data.index(b"para")
    data[at + 8 : at + 10] = b"\0\0"
    data[at + 12 : at + 16] = round(gamma * 65536).to_bytes(4, "big")
    return bytes(data)


def test_pixels_without_a_profile_are_taken_for_srgb():
    assert (as_array(Image.fromarray(colours())) == colours()).all()


def test_a_picture_that_carries_srgb_keeps_every_pixel():
    image = Image.fromarray(colours())
    image.info["icc_profile"] = srgb_profile()

    assert (as_array(image) == colours()).all()


def test_another_profile_is_applied():
    image = Image.fromarray(np.full((2, 2, 3), 128, np.uint8))
    image.info["icc_profile"] = gamma_profile(1.0)

    # Linear 128/255 is 188 in sRGB.
    assert abs(as_array(image) - 188).max() <= 1


def test_alpha_goes_around_the_profile():
    image = Image.fromarray(colours(alpha=True))
    image.info["icc_profile"] = gamma_profile(1.0)

    assert (as_array(image)[..., 3] == colours(alpha=True)[..., 3]).all()


@pytest.mark.parametrize("profile", [b"", b"x" * 200, srgb_profile()[:300]])
def test_a_damaged_profile_is_left_aside(profile):
    image = Image.fromarray(colours())
    image.info["icc_profile"] = profile

    assert (as_array(image) == colours()).all()


def test_a_profile_of_another_colour_model_is_left_aside():
    image = Image.new("CMYK", (2, 2), (0, 0, 0, 255))
    image.info["icc_profile"] = srgb_profile()

    assert (as_array(image) == 0).all()


def test_sixteen_bit_grey_is_scaled_not_clipped():
    image = Image.fromarray(np.array([[0, 257, 32768, 65535]], np.uint16))

    assert as_array(image)[0, :, 0].tolist() == [0, 1, 128, 255]


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        ([0.0, 0.5, 1.0], [0, 128, 255]),
        ([0.0, 128.0, 255.0], [0, 128, 255]),
        ([-1, np.nan, 1], [0, 0, 255]),
    ],
)
def test_float_greys_are_scaled_to_their_white(samples, expected):
    image = Image.fromarray(np.array([samples], np.float32))

    assert as_array(image)[0, :, 0].tolist() == expected


def test_thirty_two_bit_grey_is_scaled():
    image = Image.fromarray(np.array([[0, 65535]], np.int32))

    assert as_array(image)[0, :, 0].tolist() == [0, 255]


def test_one_bit_is_black_and_white():
    assert as_array(Image.fromarray(np.array([[False, True]])))[0, :, 0].tolist() == [0, 255]


def test_a_transparent_palette_colour_becomes_alpha():
    image = Image.fromarray(np.array([[0, 1]], np.uint8))
    image.putpalette([255, 0, 0, 0, 255, 0])
    image.info["transparency"] = 1

    assert as_array(image).tolist() == [[[255, 0, 0, 255], [0, 255, 0, 0]]]


def test_grey_with_alpha_is_straight():
    image = Image.fromarray(np.array([[[200, 0], [200, 100]]], np.uint8))

    assert as_array(image).tolist() == [[[200, 200, 200, 0], [200, 200, 200, 100]]]


def test_lab_is_converted():
    image = Image.new("LAB", (1, 1), (255, 128, 128))

    assert as_array(image).min() >= 253


def test_the_profile_we_embed_is_srgb_and_always_the_same_bytes():
    profile = ImageCms.ImageCmsProfile(io.BytesIO(srgb_profile()))

    assert "sRGB" in ImageCms.getProfileDescription(profile)
    assert srgb_profile.__wrapped__() == srgb_profile()
