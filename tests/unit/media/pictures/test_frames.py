"""Files of several pictures."""

from __future__ import annotations

import pytest
from PIL import Image

from appliance.media.headers import sniff
from appliance.media.pictures.frames import about_frames, count_frames, first_only, is_animation
from appliance.media.pictures.opening import opened
from tests.support.media import animation, colours, written
from tests.support.strangers import STRANGERS


def told(path):
    mime = sniff(path).mime
    with opened(path, mime, limit_px=10**6) as image:
        return count_frames(image, mime), is_animation(image, mime)


@pytest.mark.parametrize("ending", ["gif", "webp", "avif", "png"])
def test_an_animation_is_one(tmp_path, ending):
    assert told(animation(tmp_path, ending)) == (4, True)


def test_pages_are_no_animation(tmp_path):
    pages = STRANGERS["pages"][0](tmp_path)

    assert told(pages) == (2, False)
    assert first_only(pages) == ("The file has 2 pages; the result got the first of them.",)


def test_an_icon_is_one_picture_in_several_sizes(tmp_path):
    path = written(tmp_path, "ico", colours(64, 64), sizes=[(16, 16), (32, 32), (64, 64)])

    assert told(path) == (1, False)


def test_a_photo_with_a_preview_behind_it_is_one_picture(tmp_path):
    photo = Image.fromarray(colours())
    photo.save(tmp_path / "photo.jpg", "MPO", save_all=True, append_images=[photo])

    assert told(tmp_path / "photo.jpg") == (1, False)


@pytest.mark.parametrize("ending", ["png", "svg", "heic"])
def test_of_one_picture_there_is_nothing_to_tell(tmp_path, ending):
    assert first_only(written(tmp_path, ending)) == ()


def test_who_got_the_first_is_named():
    assert about_frames(3, "image/gif", "PNG") == (
        "The file has 3 frames; PNG got the first of them.",
    )
