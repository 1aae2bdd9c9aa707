"""What is done to each picture of a film."""

from __future__ import annotations

from dataclasses import replace

import pytest

from appliance.core.errors import TooLarge
from appliance.media.ffmpeg.footage import VideoTrack
from appliance.media.video.filters import even, fitted, picture_filters

FILM = VideoTrack(0, "h264", 1920, 1080, fps=25.0)
ON_ITS_SIDE = replace(FILM, turned=True)
WIDE_PIXELS = VideoTrack(0, "mpeg2video", 720, 576, aspect=16 / 11)


@pytest.mark.parametrize(
    ("track", "sides", "size"),
    [
        (FILM, {}, (1920, 1080)),
        (FILM, {"height": 720}, (1280, 720)),
        (FILM, {"width": 853}, (852, 480)),
        (FILM, {"width": 853, "odd": True}, (853, 480)),
        (ON_ITS_SIDE, {"height": 720}, (404, 720)),
        (WIDE_PIXELS, {}, (1046, 576)),
        (replace(FILM, width=97, height=63), {}, (96, 62)),
        (replace(FILM, width=4000, height=2), {"width": 16}, (16, 2)),
    ],
)
def test_a_film_keeps_its_shape(track, sides, size):
    assert fitted(track, **sides) == size


def test_an_enlargement_has_an_end():
    with pytest.raises(TooLarge, match="at most 4096×2160") as told:
        fitted(replace(FILM, width=4000, height=100), height=2160)

    assert told.value.field == "height"
    assert fitted(replace(FILM, width=7680, height=4320)) == (7680, 4320)  # as it came


def test_a_plain_film_is_left_alone():
    assert picture_filters(FILM, (1920, 1080)) == ["setsar=1", "format=yuv420p"]


def test_an_odd_row_goes_and_the_others_stay_as_they_are():
    odd = replace(FILM, width=97, height=63)

    assert picture_filters(odd, even(odd.shown))[0] == "crop=96:62:0:0"


def test_size_rate_fields_and_brightness_are_brought_in_order():
    track = replace(FILM, interlaced=True, transfer="arib-std-b67")

    filters = picture_filters(track, (1280, 720), fps=30)

    assert [each.partition("=")[0] for each in filters] == [
        *("bwdif", "fps", "scale", "setsar"),
        *("zscale", "format", "zscale", "tonemap", "zscale", "format"),
    ]


def test_colours_of_an_untagged_film_are_taken_for_what_they_are():
    assert "in_color_matrix=bt709" in picture_filters(FILM, (640, 360), rgb=True)[0]
    small = replace(FILM, width=640, height=480)
    assert "matrix" not in picture_filters(small, (320, 240), rgb=True)[0]
    assert picture_filters(small, (640, 480), rgb=True)[-1] == "format=rgb24"
