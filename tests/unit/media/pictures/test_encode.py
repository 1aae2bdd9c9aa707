"""Writing pictures, read back with the decoder and with Pillow."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from appliance.core.errors import InvalidInput
from appliance.core.operation import PictureFormat
from appliance.core.picture import Picture
from appliance.media.formats import WRITES
from appliance.media.headers import sniff
from appliance.media.pictures.colour import srgb_profile
from appliance.media.pictures.decode import decode
from appliance.media.pictures.encode import encode
from appliance.media.provenance import xmp_packet
from tests.support.media import colours

SMALL = Picture(colours(64, 40))
CLEAR = Picture(colours(64, 40, alpha=True))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "file"


def through(picture: Picture, path, name: str, **how) -> Picture:
    encode(picture, PictureFormat(name, **how), path)
    return decode(path, limit_px=1_000_000)


@pytest.mark.parametrize("name", [each for each in WRITES if each != "pdf"])
@pytest.mark.parametrize("picture", [SMALL, CLEAR])
def test_the_file_is_of_its_kind_and_comes_back_at_its_size(path, name, picture):
    back = through(picture, path, name)

    assert sniff(path).mime == WRITES[name].mime
    assert (back.width, back.height) == ((64, 64) if name == "ico" else (64, 40))


@pytest.mark.parametrize(
    ("name", "lossless"),
    [("png", False), ("bmp", False), ("tiff", False), ("webp", True), ("avif", True)],
)
def test_exact_formats_keep_every_pixel(path, name, lossless):
    assert np.array_equal(through(SMALL, path, name, lossless=lossless).pixels, SMALL.pixels)


@pytest.mark.parametrize(
    ("name", "lossless"), [("png", False), ("tiff", False), ("webp", True), ("avif", True)]
)
def test_exact_formats_keep_alpha_and_the_colours_under_it(path, name, lossless):
    assert np.array_equal(through(CLEAR, path, name, lossless=lossless).pixels, CLEAR.pixels)


@pytest.mark.parametrize(("name", "mean"), [("jpeg", 4), ("webp", 5), ("avif", 6), ("gif", 8)])
def test_lossy_formats_come_close(path, name, mean):
    back = through(SMALL, path, name).pixels[..., :3].astype(int)

    assert np.abs(back - SMALL.pixels).mean() < mean


@pytest.mark.parametrize("name", ["jpeg", "bmp"])
def test_without_alpha_the_matte_shows(path, name):
    clear = Picture(np.zeros((32, 32, 4), np.uint8))

    assert np.abs(through(clear, path, name, matte="#DC2850").pixels - (220, 40, 80)).max() < 4


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize("lossless", [False, True])
def test_the_same_pixels_give_the_same_bytes(tmp_path, name, lossless):
    files = [tmp_path / "one", tmp_path / "two"]
    for file in files:
        encode(CLEAR, PictureFormat(name, lossless=lossless), file)

    assert files[0].read_bytes() == files[1].read_bytes()


@pytest.mark.parametrize("name", ["jpeg", "webp", "avif", "pdf"])
def test_a_lower_quality_gives_a_smaller_file(tmp_path, name):
    noise = Picture(np.random.default_rng(4).integers(0, 255, (96, 96, 3), np.uint8))
    for quality in (20, 95):
        encode(noise, PictureFormat(name, quality=quality), tmp_path / str(quality))

    assert (tmp_path / "20").stat().st_size < 0.7 * (tmp_path / "95").stat().st_size


@pytest.mark.parametrize("name", ["jpeg", "webp", "tiff"])
def test_files_are_tagged_as_srgb(path, name):
    encode(SMALL, PictureFormat(name), path)

    with Image.open(path) as image:
        assert image.info["icc_profile"] == srgb_profile()


def test_a_png_says_that_it_is_srgb(path):
    encode(SMALL, PictureFormat("png"), path)

    with Image.open(path) as image:
        assert image.info["srgb"] == 1


def test_a_pdf_has_one_page_with_the_picture_and_no_date(path):
    encode(SMALL, PictureFormat("pdf"), path)

    data = path.read_bytes()
    assert data.startswith(b"%PDF-")
    assert b"/Count 1" in data
    assert b"/Width 64" in data
    assert b"Date" not in data


def test_an_icon_is_square_and_holds_several_sizes(path):
    encode(Picture(colours(600, 300)), PictureFormat("ico"), path)

    with Image.open(path) as image:
        assert image.ico.sizes() == {(s, s) for s in (16, 24, 32, 48, 64, 128, 256)}
        assert image.convert("RGBA").getpixel((128, 10))[3] == 0


def test_a_tiny_picture_makes_an_icon_of_its_size(path):
    assert through(Picture(colours(5, 3)), path, "ico").pixels.shape[:2] == (5, 5)


@pytest.mark.parametrize("name", ["avif", "tiff"])
def test_a_packet_is_written_where_it_cannot_be_added_later(path, name):
    packet = xmp_packet(None, {"seed": "7"}).encode()

    encode(SMALL, PictureFormat(name), path, xmp=packet)

    with Image.open(path) as image:
        assert image.info.get("xmp") == packet


def test_a_side_that_the_format_cannot_hold_is_refused(path):
    with pytest.raises(InvalidInput, match="WEBP holds at most 16383"):
        encode(Picture(np.zeros((1, 16_384, 3), np.uint8)), PictureFormat("webp"), path)


def test_an_unknown_format_is_refused_with_those_there_are(path):
    with pytest.raises(InvalidInput, match="png, jpeg, webp"):
        encode(SMALL, PictureFormat("psd"), path)
