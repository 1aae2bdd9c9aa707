"""What of EXIF stays."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from appliance.media.pictures.exif import kept_exif, orientation
from tests.support.media import colours


def photo(exif: Image.Exif | bytes | None) -> Image.Image:
    buffer = io.BytesIO()
    how = {} if exif is None else {"exif": exif}
    Image.fromarray(colours()).save(buffer, "JPEG", **how)
    return Image.open(buffer)


def rich() -> Image.Exif:
    exif = Image.Exif()
    exif[0x010F], exif[0x0112], exif[0x8298] = "Maker", 6, "Ada"
    exif[0x8825] = {1: "N", 2: (48.0, 8.0, 0.0)}
    exif[0x8769] = {0x829A: 0.01, 0x927C: b"note", 0xA002: 4000, 0x9003: "2025:01:02 03:04:05"}
    return exif


def test_the_camera_and_the_time_stay_and_the_place_goes():
    kept = Image.Exif()
    kept.load(kept_exif(photo(rich())))

    assert (kept[0x010F], kept[0x8298]) == ("Maker", "Ada")
    assert kept.get_ifd(0x8769)[0x9003] == "2025:01:02 03:04:05"
    assert not kept.get_ifd(0x8825)
    assert 0x0112 not in kept
    assert not {0x927C, 0xA002} & set(kept.get_ifd(0x8769))


def test_without_exif_there_is_nothing_to_keep():
    assert kept_exif(photo(None)) is None


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_damaged_exif_is_not_kept():
    assert kept_exif(photo(b"Exif\0\0MM\0*\0\0\xff\xf0\xff\xff")) is None


def test_tags_are_set_and_empty_ones_taken_out():
    kept = Image.Exif()
    kept.load(kept_exif(photo(rich()), {0x013B: b"Ben", 0x8298: b""}))

    assert kept[0x013B] == "Ben"
    assert 0x8298 not in kept
    assert kept[0x010F] == "Maker"


def test_tags_alone_are_exif_data_too():
    assert kept_exif(photo(None), {0x013B: b"Ben"})
    assert kept_exif(photo(None), {0x013B: b""}) is None


@pytest.mark.parametrize(("told", "how"), [(1, 1), (6, 6), (8, 8), (0, 1), (9, 1)])
def test_a_photo_tells_how_it_lies(told, how):
    exif = Image.Exif()
    exif[0x0112] = told

    assert orientation(photo(exif)) == how


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
@pytest.mark.parametrize("exif", [None, b"Exif\0\0MM\0*\0\0\xff\xf0\xff\xff"])
def test_what_tells_nothing_lies_upright(exif):
    assert orientation(photo(exif)) == 1
