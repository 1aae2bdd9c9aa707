"""Converting picture files."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageSequence

from appliance.core.errors import BrokenMedia, InvalidInput, TooLarge
from appliance.core.operation import PictureFormat
from appliance.media.formats import WRITES
from appliance.media.headers import sniff
from appliance.media.pictures.convert import Limits, Wish, convert
from appliance.media.pictures.decode import decode
from tests.support.media import ENDINGS, animation, colours, svg, truncated, written


@pytest.fixture
def target(tmp_path):
    return tmp_path / "target"


def wish(name: str, **how) -> Wish:
    form = {key: how.pop(key) for key in ("quality", "lossless", "matte") if key in how}
    return Wish(PictureFormat(name, **form), **how)


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize("ending", ENDINGS)
def test_every_kind_becomes_every_other(tmp_path, target, ending, name):
    made = convert(written(tmp_path, ending, colours(64, 64)), target, wish(name))

    assert (made.width_px, made.height_px, made.frames) == (64, 64, 1)
    assert made.warnings == ()
    if name != "pdf":
        assert sniff(target).mime == WRITES[name].mime
        assert decode(target, limit_px=10_000).pixels.shape[:2] == (64, 64)


def test_contain_adds_clear_borders_or_the_matte(tmp_path, target):
    source = written(tmp_path, "png", np.full((20, 40, 3), 9, np.uint8))

    convert(source, target, wish("png", width=40, height=40, fit="contain"))
    assert decode(target, limit_px=10_000).pixels[0, 0].tolist() == [0, 0, 0, 0]
    convert(source, target, wish("bmp", width=40, height=40, fit="contain", matte="#FF0000"))
    assert decode(target, limit_px=10_000).pixels[0, 0].tolist() == [255, 0, 0]


def test_a_drawing_is_drawn_at_the_size_wished_for(tmp_path, target):
    source = tmp_path / "drawing.svg"
    source.write_text(svg('<rect width="10" height="20"/>'))

    made = convert(source, target, wish("png", width=500))

    edge = decode(target, limit_px=1_000_000).pixels[250, 248:252, 3]
    assert (made.width_px, made.height_px) == (500, 500)
    assert edge.tolist() == [255, 255, 0, 0]


def photo(tmp_path, ending="jpeg"):
    exif = Image.Exif()
    exif[0x010F], exif[0x0112], exif[0x8825] = "Maker", 6, {1: "N", 2: (48.0, 8.0, 0.0)}
    return written(tmp_path, ending, colours(40, 20), exif=exif)


@pytest.mark.parametrize("name", ["jpeg", "png", "webp", "avif", "tiff"])
def test_kept_metadata_has_no_place_and_no_second_turn(tmp_path, target, name):
    made = convert(photo(tmp_path), target, wish(name, strip_metadata=False))

    with Image.open(target) as image:
        exif = image.getexif()
        assert exif[0x010F] == "Maker"
        assert not exif.get_ifd(0x8825)
        assert 0x0112 not in exif or exif[0x0112] == 1
        assert image.size == (made.width_px, made.height_px) == (20, 40)


@pytest.mark.parametrize("name", ["jpeg", "png", "webp"])
def test_metadata_goes_unless_it_is_asked_for(tmp_path, target, name):
    convert(photo(tmp_path), target, wish(name))

    with Image.open(target) as image:
        assert not image.getexif()


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize("ending", ["jpeg", "png", "webp", "avif", "tiff", "heic"])
def test_nothing_that_the_file_said_is_in_the_new_one(tmp_path, target, ending, name):
    secret, exif = b"Marienplatz", Image.Exif()
    exif[0x010E] = secret.decode()
    how = {"exif": exif.tobytes()} | {"jpeg": {"comment": secret}}.get(ending, {})
    how |= {"tiff": {"tiffinfo": {700: secret, 0x010E: secret.decode()}}}.get(ending, {})
    source = written(tmp_path, ending, **how)
    assert secret in source.read_bytes()

    convert(source, target, wish(name))

    assert secret not in target.read_bytes()


def test_metadata_that_the_format_cannot_hold_is_told_of(tmp_path, target):
    made = convert(photo(tmp_path), target, wish("bmp", strip_metadata=False))

    assert made.warnings == ("BMP holds no EXIF data, so it was left out.",)


@pytest.mark.parametrize("name", ["gif", "webp", "avif"])
@pytest.mark.parametrize("ending", ["gif", "webp", "avif", "png"])
def test_animations_stay_animated_at_their_pace(tmp_path, target, ending, name):
    made = convert(animation(tmp_path, ending), target, wish(name, width=12))

    with Image.open(target) as image:
        frames = [
            (np.asarray(frame.convert("L")).mean(), frame.info["duration"])
            for frame in ImageSequence.Iterator(image)
        ]
    assert made.frames == len(frames) == 4
    assert [round(ms) for _, ms in frames] == [80] * 4
    assert [mean for mean, _ in frames] == pytest.approx([40, 100, 160, 220], abs=5)
    assert (made.width_px, made.height_px) == (12, 12)


@pytest.mark.parametrize("name", ["jpeg", "png", "pdf"])
def test_of_an_animation_a_still_format_gets_the_first_frame_and_says_so(tmp_path, target, name):
    made = convert(animation(tmp_path, "gif"), target, wish(name))

    assert made.frames == 1
    assert made.warnings == (f"The file has 4 frames; {name.upper()} got the first of them.",)


def test_of_several_pages_the_first_is_taken_and_told(tmp_path, target):
    pages = [Image.fromarray(colours()), Image.fromarray(colours())]
    pages[0].save(tmp_path / "pages.tiff", save_all=True, append_images=pages[1:])

    made = convert(tmp_path / "pages.tiff", target, wish("webp"))

    assert made.warnings == ("The file has 2 pages; WEBP got the first of them.",)


@pytest.mark.parametrize(("loop", "plays"), [(None, 1), (0, 0), (3, 3)])
def test_how_often_a_gif_plays_is_kept(tmp_path, target, loop, plays):
    frames = [Image.new("L", (8, 8), level) for level in (0, 255)]
    how = {} if loop is None else {"loop": loop}
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:], **how)

    convert(tmp_path / "a.gif", target, wish("webp"))

    with Image.open(target) as image:
        assert image.info["loop"] == plays


@pytest.mark.parametrize("name", ["gif", "webp"])
def test_clear_parts_of_an_animation_stay_clear(tmp_path, target, name):
    shapes = [np.zeros((16, 16, 4), np.uint8) for _ in range(2)]
    shapes[0][:8], shapes[1][8:] = 255, 255
    frames = [Image.fromarray(each) for each in shapes]
    frames[0].save(
        tmp_path / "a.webp", save_all=True, append_images=frames[1:], lossless=True, kmax=1
    )

    convert(tmp_path / "a.webp", target, wish(name, lossless=name == "webp"))

    with Image.open(target) as image:
        seen = [np.asarray(f.convert("RGBA"))[..., 3] for f in ImageSequence.Iterator(image)]
    assert np.array_equal(seen, [each[..., 3] for each in shapes])


def test_too_many_frames_are_refused(tmp_path, target):
    with pytest.raises(TooLarge, match="4 frames; at most 3"):
        convert(animation(tmp_path, "gif"), target, wish("webp"), limits=Limits(frames=3))


def test_frames_of_too_many_pixels_in_all_are_refused(tmp_path, target):
    with pytest.raises(TooLarge, match="ask for a smaller width"):
        convert(
            animation(tmp_path, "gif"), target, wish("webp", width=500), limits=Limits(px=900_000)
        )


def test_a_result_of_too_many_pixels_is_refused(tmp_path, target):
    with pytest.raises(TooLarge):
        convert(
            written(tmp_path, "png"), target, wish("png", width=16_000), limits=Limits(px=10**7)
        )


def test_a_result_that_the_format_cannot_hold_is_refused_before_it_is_made(tmp_path, target):
    with pytest.raises(InvalidInput, match="16383"):
        convert(written(tmp_path, "png"), target, wish("webp", width=16_384, height=1, fit="fill"))


@pytest.mark.parametrize("ending", ["gif", "webp", "avif"])
def test_an_animation_cut_short_is_broken(tmp_path, target, ending):
    noise = np.random.default_rng(5).integers(0, 255, (4, 64, 64, 3), np.uint8)
    frames = [Image.fromarray(each) for each in noise]
    path = tmp_path / f"noise.{ending}"
    frames[0].save(path, save_all=True, append_images=frames[1:])

    with pytest.raises(BrokenMedia):
        convert(truncated(path, 0.7), target, wish("webp"))


def test_lossless_keeps_every_pixel(tmp_path, target):
    convert(written(tmp_path, "png"), target, wish("avif", lossless=True))

    assert np.array_equal(decode(target, limit_px=10_000).pixels, colours())


@pytest.mark.parametrize(("percent", "size"), [(50, (20, 10)), (250, (100, 50)), (0.1, (1, 1))])
@pytest.mark.parametrize("ending", ["jpeg", "png", "svg"])
def test_percent_goes_by_the_size_as_it_is_seen(tmp_path, target, ending, percent, size):
    made = convert(written(tmp_path, ending, colours(40, 20)), target, wish("png", percent=percent))

    assert (made.width_px, made.height_px) == size


def test_a_turned_photo_is_made_smaller_as_it_is_seen(tmp_path, target):
    made = convert(photo(tmp_path), target, wish("jpeg", width=5))

    assert (made.width_px, made.height_px) == (5, 10)
