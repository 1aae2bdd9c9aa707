"""A film into another format, and a piece of one."""

from __future__ import annotations

import pytest

from appliance.core.errors import BrokenMedia
from appliance.core.files import Facts
from appliance.core.progress import silent_progress
from appliance.media.ffmpeg.commands import Span
from appliance.media.ffmpeg.footage import footage
from appliance.media.headers import probe
from appliance.media.video.convert import convert_film, copy_piece, trim_film
from appliance.media.video.encoding import VideoWish
from tests.support.films import film, from_phone
from tests.support.media import upload

SMALL = VideoWish("mp4", height=64)


def held(path):
    return footage(path, "video/mp4", probe(path, "video/mp4"))


def test_a_phones_film_is_upright_and_says_nothing_of_its_place(tmp_path):
    given, made = upload(from_phone(tmp_path)), tmp_path / "made.mp4"
    assert b"+48.1400+011.5800" in given.path.read_bytes()

    convert_film(given, made, VideoWish("mp4"), silent_progress())

    video = held(made).the_video()
    assert (video.width, video.height, video.turned) == (72, 128, False)
    assert b"+48.1400" not in made.read_bytes()
    assert b"Maker" not in made.read_bytes()


@pytest.mark.parametrize(("cut", "seconds"), [(trim_film, 1.0), (copy_piece, 1.0)])
def test_a_piece_is_as_long_as_asked(tmp_path, cut, seconds):
    given = upload(film(tmp_path / "a.mp4", "-g", "6", seconds=3))

    cut(given, tmp_path / "b.mp4", SMALL, Span(1.0, seconds), silent_progress())

    made = held(tmp_path / "b.mp4")
    assert made.the_sound().codec == "aac"
    assert made.seconds == pytest.approx(seconds, abs=0.3)


def test_a_film_that_goes_on_longer_than_it_was_priced_by_is_refused(tmp_path):
    given = upload(film(tmp_path / "a.mp4", seconds=6))
    object.__setattr__(given, "facts", Facts(96, 64, 0.5))

    with pytest.raises(BrokenMedia, match=r"header tells of 0\.5 s"):
        convert_film(given, tmp_path / "b.mp4", SMALL, silent_progress())
