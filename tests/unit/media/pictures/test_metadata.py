"""Reading what a file says besides its pixels."""

from __future__ import annotations

import json

import pytest
from PIL import Image, ImageCms, PngImagePlugin

from appliance.core.errors import TooLarge
from appliance.media.pictures.labels import Labels
from appliance.media.pictures.metadata import labels_of, read_metadata
from tests.support.media import ENDINGS, animation, colours, written

LIMIT = 10**6


def read(path):
    told = read_metadata(path, limit_px=LIMIT)
    json.dumps(told, allow_nan=False)
    return told


@pytest.mark.parametrize("ending", ENDINGS)
def test_every_kind_tells_what_it_is(tmp_path, ending):
    path = written(tmp_path, ending, colours(64, 64))

    told = read(path)

    assert (told["width"], told["height"], told["frames"]) == (64, 64, 1)
    assert told["bytes"] == path.stat().st_size
    assert "gps" not in told


def test_a_photo_tells_camera_place_and_turn(tmp_path):
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "Maker", 6
    exif[0x8769] = {0x829A: (1, 125), 0x9003: "2026:01:02 03:04:05", 0x927C: b"\1" * 900}
    exif[0x8825] = {1: "S", 2: (33.0, 30.0, 36.0), 3: "W", 4: (70.0, 40.0, 0.0)}

    told = read(written(tmp_path, "jpeg", colours(40, 20), exif=exif, dpi=(300, 300)))

    assert (told["width"], told["height"], told["orientation"]) == (20, 40, 6)
    assert told["exif"]["Make"] == "Maker"
    assert told["exif"]["DateTimeOriginal"] == "2026:01:02 03:04:05"
    assert told["exif"]["MakerNote"] == "900 bytes"
    assert (told["gps"]["latitude"], told["gps"]["longitude"]) == (-33.51, -70.6666667)
    assert told["dpi"] == [300.0, 300.0]


def test_a_colour_profile_is_named(tmp_path):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

    told = read(written(tmp_path, "webp", icc_profile=profile))

    assert told["icc"]["colours"] == "RGB"
    assert "sRGB" in told["icc"]["name"]


def test_texts_of_a_png_are_told(tmp_path):
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Author", "Ada")

    assert read(written(tmp_path, "png", pnginfo=texts))["text"] == {"Author": "Ada"}


def test_iptc_is_told_and_is_the_last_to_be_believed(tmp_path):
    data = written(tmp_path, "jpeg").read_bytes()
    told = b"".join(
        b"\x1c\x02" + bytes([number]) + len(text).to_bytes(2, "big") + text
        for number, text in ((5, b"Cup"), (25, b"a"), (25, b"b"), (80, "Zoë".encode()))
    )
    block = b"Photoshop 3.0\0" + b"8BIM\x04\x04\0\0" + len(told).to_bytes(4, "big") + told
    block += b"\0" * (len(told) % 2)
    path = tmp_path / "iptc.jpg"
    path.write_bytes(
        data[:2] + b"\xff\xed" + (len(block) + 2).to_bytes(2, "big") + block + data[2:]
    )

    found = read(path)

    assert found["iptc"] == {"title": "Cup", "keywords": ["a", "b"], "author": "Zoë"}
    assert labels_of(found) == Labels("Cup", None, "Zoë", None, ("a", "b"))


def test_xmp_is_believed_before_exif(tmp_path):
    exif = Image.Exif()
    exif[0x013B], exif[0x8298] = "Ben", "Ben's"
    path = written(tmp_path, "jpeg", exif=exif, xmp=Labels(author="Ada").xmp().encode())

    assert labels_of(read(path)) == Labels(None, None, "Ada", "Ben's", ())


def test_an_animation_tells_its_frames(tmp_path):
    assert read(animation(tmp_path, "webp"))["frames"] == 4


@pytest.mark.parametrize(
    "junk", [b"Exif\0\0MM\0*\0\0\0\x08\xff\xff", b"Exif\0\0II*\0\x08\0\0\0\x05\0"]
)
def test_damaged_exif_data_say_nothing(tmp_path, junk):
    data = written(tmp_path, "jpeg").read_bytes()
    path = tmp_path / "junk.jpg"
    path.write_bytes(data[:2] + b"\xff\xe1" + (len(junk) + 2).to_bytes(2, "big") + junk + data[2:])

    assert read(path).get("exif", {}) == {}


def test_too_large_a_picture_is_refused(tmp_path):
    with pytest.raises(TooLarge):
        read_metadata(written(tmp_path, "png"), limit_px=10)
