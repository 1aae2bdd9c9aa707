"""Making files smaller."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from appliance.core.errors import BrokenMedia, InvalidInput
from appliance.media.headers import sniff
from appliance.media.pictures.compress import Goal, compress
from appliance.media.pictures.decode import decode
from tests.support.media import animation, colours, svg, truncated, written


def photo(width=400, height=300):
    noise = np.random.default_rng(1).normal(0, 6, (height, width, 3))
    return (colours(width, height) + noise).clip(0, 255).astype(np.uint8)


@pytest.fixture
def target(tmp_path):
    return tmp_path / "target"


@pytest.mark.parametrize("form", ["jpeg", "webp", "avif"])
def test_the_finest_quality_that_fits_is_taken(tmp_path, target, form):
    source = written(tmp_path, "png", photo())
    compress(source, target, Goal(form, quality=80))
    limit = target.stat().st_size

    made = compress(source, target, Goal(form, bytes=limit))

    assert 0.9 * limit < target.stat().st_size <= limit
    assert (made.width_px, made.height_px, made.percent) == (400, 300, 100.0)
    assert 77 <= made.quality <= 80
    assert made.warnings == ()


@pytest.mark.parametrize("form", ["jpeg", "webp", "avif", "png", "gif", "tiff"])
def test_where_quality_is_not_enough_there_are_fewer_pixels(tmp_path, target, form):
    source = written(tmp_path, "png", photo())

    made = compress(source, target, Goal(form, bytes=4000))

    assert target.stat().st_size <= 4000
    assert made.width_px / made.height_px == pytest.approx(4 / 3, rel=0.1)
    assert made.width_px < 400
    assert f"{made.width_px} × {made.height_px}" in made.warnings[0]
    seen = decode(target, limit_px=10**6)
    assert (seen.width, seen.height) == (made.width_px, made.height_px)


def test_bytes_that_no_size_reaches_are_refused(tmp_path, target):
    with pytest.raises(InvalidInput, match="cannot be reached") as told:
        compress(written(tmp_path, "png", photo()), target, Goal("jpeg", bytes=300))
    assert told.value.field == "target_kb"


@pytest.mark.parametrize("form", ["jpeg", "png", "webp", "gif", "bmp"])
def test_a_file_that_is_small_already_keeps_its_pixels(tmp_path, target, form):
    source = written(tmp_path, form, photo())

    made = compress(source, target, Goal(form, bytes=10**7))

    assert "unchanged" in made.warnings[0]
    assert made.quality is None
    before, after = (decode(path, limit_px=10**6).pixels for path in (source, target))
    assert np.array_equal(before, after)


def test_a_file_that_would_grow_keeps_its_pixels_and_loses_the_place(tmp_path, target):
    exif = Image.Exif()
    exif[0x0112], exif[0x8825] = 6, {1: "N", 2: (48.0, 8.0, 0.0)}
    source = written(tmp_path, "jpeg", photo(), quality=30, exif=exif)

    made = compress(source, target, Goal("jpeg", quality=95))

    assert target.stat().st_size <= source.stat().st_size
    assert (made.width_px, made.height_px) == (300, 400)
    with Image.open(target) as image:
        assert dict(image.getexif()) == {0x0112: 6}


def test_another_format_that_is_larger_is_told(tmp_path, target):
    source = written(tmp_path, "webp", photo(), quality=5)

    made = compress(source, target, Goal("jpeg", quality=95))

    assert "larger" in made.warnings[0]


@pytest.mark.parametrize("form", ["gif", "webp", "avif"])
def test_animations_stay_so(tmp_path, target, form):
    made = compress(animation(tmp_path, "gif", side=64), target, Goal(form, quality=50))

    with Image.open(target) as image:
        assert image.n_frames == 4
    assert not any("first" in warning for warning in made.warnings)


def test_an_animation_gets_to_a_size(tmp_path, target):
    frames = [Image.fromarray(np.roll(photo(), 20 * step, 1)) for step in range(4)]
    frames[0].save(tmp_path / "a.webp", save_all=True, append_images=frames[1:], quality=90)

    made = compress(tmp_path / "a.webp", target, Goal("webp", bytes=20_000))

    assert target.stat().st_size <= 20_000
    assert made.percent < 100
    with Image.open(target) as image:
        assert (image.n_frames, image.size) == (4, (made.width_px, made.height_px))


def test_a_still_format_gets_the_first_frame_and_says_so(tmp_path, target):
    made = compress(animation(tmp_path, "gif"), target, Goal("jpeg", quality=50))

    assert "4 frames" in made.warnings[-1]


def test_png_keeps_all_colours_at_100(tmp_path, target):
    source = written(tmp_path, "png", photo(), compress_level=0)

    compress(source, target, Goal("png", quality=100))

    assert target.stat().st_size < source.stat().st_size
    assert np.array_equal(decode(target, limit_px=10**6).pixels, photo())
    compress(source, target, Goal("png", quality=80))
    with Image.open(target) as image:
        assert image.mode == "P"


def test_a_drawing_becomes_pixels(tmp_path, target):
    (tmp_path / "a.svg").write_text(svg('<circle r="9"/>', 'width="300" height="300"'))

    made = compress(tmp_path / "a.svg", target, Goal("png"))

    assert (made.width_px, sniff(target).mime) == (300, "image/png")


def test_a_damaged_file_is_refused(tmp_path, target):
    with pytest.raises(BrokenMedia):
        compress(truncated(written(tmp_path, "jpeg", photo())), target, Goal("jpeg", bytes=10**7))
