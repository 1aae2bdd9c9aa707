"""A moving GIF out of a film."""

from __future__ import annotations

import pytest
from PIL import Image

from appliance.core.progress import silent_progress
from appliance.media.ffmpeg.commands import Span
from appliance.media.video.gif import GifWish, make_gif
from tests.support.films import film
from tests.support.media import upload


@pytest.mark.parametrize("in_memory", [400_000_000, 0])
def test_a_gif_has_the_rate_the_width_and_colours_of_its_own(tmp_path, monkeypatch, in_memory):
    monkeypatch.setattr("appliance.media.video.gif._IN_MEMORY", in_memory)
    given, files = upload(film(tmp_path / "a.mp4", seconds=2)), (tmp_path / "b.gif", tmp_path / "p")

    made = make_gif(given, files, GifWish(Span(0.5, 1.0), 60, 10), silent_progress())

    assert (made.width_px, made.height_px, made.fps) == (60, 40, 10)
    with Image.open(files[0]) as gif:
        assert (gif.size, gif.n_frames, gif.info["loop"]) == ((60, 40), 10, 0)
        assert gif.info["duration"] == pytest.approx(100)
        assert len(gif.convert("RGB").getcolors(99_999)) > 60
    assert not files[1].exists()


def test_a_film_is_neither_enlarged_nor_given_frames_it_does_not_have(tmp_path):
    given, files = upload(film(tmp_path / "a.mp4")), (tmp_path / "b.gif", tmp_path / "p")

    made = make_gif(given, files, GifWish(Span(0.0, 1.0), 1000, 50), silent_progress())

    assert (made.width_px, made.height_px, made.fps) == (96, 64, 12.0)
