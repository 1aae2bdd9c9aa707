"""Reading pictures of every kind, sound and hostile."""

from __future__ import annotations

import random
from contextlib import suppress

import numpy as np
import pytest
from PIL import Image

from appliance.core.errors import ApplianceError, BrokenMedia, TooLarge, UnsupportedMedia
from appliance.media.pictures.decode import decode
from tests.support.media import (
    ENDINGS,
    animation,
    colours,
    lying_png,
    png_bomb,
    polyglot,
    truncated,
    written,
)

LIMIT = 1_000_000
EXACT = ("png", "bmp", "tiff")


@pytest.mark.parametrize("ending", ENDINGS)
def test_every_kind_is_read_as_rgb_or_rgba(tmp_path, ending):
    picture = decode(written(tmp_path, ending, colours(64, 64)), limit_px=LIMIT)

    assert picture.pixels.dtype == np.uint8
    assert picture.pixels.flags.c_contiguous
    assert picture.pixels.shape in ((64, 64, 3), (64, 64, 4))
    if ending not in ("svg", "gif"):
        assert np.abs(picture.pixels[..., :3].astype(int) - colours(64, 64)).mean() < 12


@pytest.mark.parametrize("ending", EXACT)
def test_exact_kinds_are_read_exactly(tmp_path, ending):
    picture = decode(written(tmp_path, ending), limit_px=LIMIT)

    assert np.array_equal(picture.pixels, colours())


@pytest.mark.parametrize("ending", ["png", "tiff", "webp"])
def test_alpha_is_straight(tmp_path, ending):
    pixels = colours(alpha=True)
    how = {"lossless": True, "exact": True} if ending == "webp" else {}

    picture = decode(written(tmp_path, ending, pixels, **how), limit_px=LIMIT)

    assert np.array_equal(picture.pixels, pixels)


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("ending", ["jpeg", "png", "webp", "tiff"])
def test_the_turn_in_exif_is_applied(tmp_path, ending, turn):
    pixels = np.zeros((16, 32, 3), np.uint8)
    pixels[:8, :16] = 255  # the upper left quarter
    exif = Image.Exif()
    exif[0x0112] = turn
    path = written(tmp_path, ending, pixels, exif=exif)

    seen = decode(path, limit_px=LIMIT).pixels

    assert seen.shape[:2] == ((16, 32) if turn < 5 else (32, 16))
    top, left = {1: (0, 0), 2: (0, 1), 3: (1, 1), 4: (1, 0)}.get(turn) or {
        5: (0, 0), 6: (0, 1), 7: (1, 1), 8: (1, 0)
    }[turn]  # fmt: skip
    h, w = seen.shape[0] // 2, seen.shape[1] // 2
    quarter = seen[top * h : top * h + h, left * w : left * w + w]
    assert quarter[2:-2, 2:-2].min() > 200


def test_damaged_exif_does_not_spoil_a_sound_picture(tmp_path):
    path = written(tmp_path, "jpeg", exif=b"Exif\0\0MM\0*\0\0\xff\xf0\xff\xff")

    assert decode(path, limit_px=LIMIT).width == 48


def test_cmyk_is_read_as_colours(tmp_path):
    path = tmp_path / "print.jpg"
    Image.new("CMYK", (16, 16), (0, 255, 255, 0)).save(path, quality=95)

    red, green, blue = decode(path, limit_px=LIMIT).pixels[8, 8]
    assert red > 200
    assert max(green, blue) < 60


def test_of_an_animation_the_first_frame_is_read(tmp_path):
    picture = decode(animation(tmp_path, "gif"), limit_px=LIMIT)

    assert picture.pixels.shape == (24, 24, 3)
    assert picture.pixels.mean() == pytest.approx(40, abs=2)


def test_an_icon_gives_its_largest_picture(tmp_path):
    path = written(tmp_path, "ico", colours(64, 64), sizes=[(16, 16), (64, 64)])

    assert decode(path, limit_px=LIMIT).pixels.shape[:2] == (64, 64)


@pytest.mark.parametrize("ending", [each for each in ENDINGS if each != "bmp"])
@pytest.mark.parametrize("share", [0.5, 0.8])
def test_a_truncated_file_is_broken_media(tmp_path, ending, share):
    noisy = np.random.default_rng(3).integers(0, 255, (96, 96, 3), np.uint8)
    path = truncated(written(tmp_path, ending, noisy), share)

    with pytest.raises(BrokenMedia):
        decode(path, limit_px=LIMIT)


def test_a_truncated_bitmap_is_broken_media(tmp_path):
    with pytest.raises(BrokenMedia):
        decode(truncated(written(tmp_path, "bmp")), limit_px=LIMIT)


def test_a_bomb_is_too_large_before_it_unpacks(tmp_path):
    with pytest.raises(TooLarge, match="30000 × 30000"):
        decode(png_bomb(tmp_path), limit_px=100_000_000)


def test_a_header_that_promises_more_than_there_is_is_broken(tmp_path):
    with pytest.raises(BrokenMedia):
        decode(lying_png(tmp_path, 600, 600), limit_px=LIMIT)


def test_a_bomb_inside_an_icon_is_too_large(tmp_path):
    bomb = png_bomb(tmp_path, 2_000).read_bytes()
    entry = bytes([16, 16, 0, 0, 1, 0, 32, 0]) + len(bomb).to_bytes(4, "little")
    path = tmp_path / "bomb.ico"
    path.write_bytes(b"\0\0\1\0\1\0" + entry + (22).to_bytes(4, "little") + bomb)

    with pytest.raises(TooLarge):
        decode(path, limit_px=LIMIT)


def test_a_polyglot_gives_its_picture(tmp_path):
    assert decode(polyglot(tmp_path), limit_px=LIMIT).width == 48


@pytest.mark.parametrize(
    "data", [b"%!PS-Adobe-3.0 EPSF-3.0\n", b"8BPS\0\1" + b"\0" * 40, b"P6 1 1 255\n123"]
)
def test_kinds_that_pillow_knows_and_we_do_not_are_refused(tmp_path, data):
    path = tmp_path / "file.png"
    path.write_bytes(data)

    with pytest.raises(UnsupportedMedia):
        decode(path, limit_px=LIMIT)


@pytest.mark.parametrize("ending", ENDINGS)
def test_random_damage_is_told_as_an_error_of_ours_or_read(tmp_path, ending):
    dice = random.Random(ending)
    data = written(tmp_path, ending).read_bytes()
    path = tmp_path / "damaged"

    for _ in range(40):
        damaged = bytearray(data)
        for _ in range(dice.choice((1, 4, 20))):
            damaged[dice.randrange(len(damaged))] = dice.randrange(256)
        path.write_bytes(damaged)
        with suppress(ApplianceError):
            decode(path, limit_px=LIMIT)
