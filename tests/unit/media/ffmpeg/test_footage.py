"""What is inside a file."""

from __future__ import annotations

import pytest

from appliance.core.errors import BrokenMedia, InvalidInput
from appliance.core.files import Facts
from appliance.media.ffmpeg.footage import footage, read_footage
from tests.support.films import film, from_phone, in_hdr, sound, with_cover, with_subtitles

WHOLE = Facts(96, 64, 1.2)


def test_a_film_of_a_phone_stands_on_its_feet(tmp_path):
    video = footage(from_phone(tmp_path), "video/mp4", Facts(128, 72, 1.0)).the_video()

    assert (video.width, video.height, video.turned) == (128, 72, True)
    assert video.shown == (72, 128)


def test_the_tracks_of_a_film_are_counted(tmp_path):
    held = footage(with_subtitles(tmp_path), "video/x-matroska", WHOLE)

    assert (held.sounds, held.subtitles, held.covers) == (2, 1, 0)
    assert held.the_sound().rate == 44_100
    assert held.the_video().seconds == pytest.approx(1.0, abs=0.1)


def test_a_cover_is_no_film(tmp_path):
    held = footage(with_cover(tmp_path), "audio/mpeg", Facts(seconds=1.1))

    assert (held.video, held.covers) == (None, 1)
    assert held.tags["title"] == "Canción"
    with pytest.raises(InvalidInput, match="no moving picture") as told:
        held.the_video()
    assert told.value.field == "video"


def test_a_film_without_sound_says_so(tmp_path):
    held = footage(in_hdr(tmp_path), "video/mp4", Facts(96, 64, 0.5))

    assert held.the_video().hdr
    with pytest.raises(InvalidInput, match="no sound"):
        held.the_sound()


def test_depth_and_channels_are_told(tmp_path):
    path = sound(tmp_path / "a.flac", "-sample_fmt", "s32", "-bits_per_raw_sample", "24")

    track = footage(path, "audio/flac", Facts(seconds=1.0)).the_sound()

    assert (track.codec, track.bits, track.channels) == ("flac", 24, 1)


@pytest.mark.parametrize(
    ("announced", "said"),
    [(Facts(96, 64, 0.0), "holds 4"), (Facts(8, 8, 4.0), "holds 640×480")],
)
def test_a_file_that_holds_more_than_its_header_told_is_refused(tmp_path, announced, said):
    path = film(tmp_path / "a.mp4", seconds=4.0, size="640x480")

    with pytest.raises(BrokenMedia, match=said):
        footage(path, "video/mp4", announced)


def test_a_file_of_another_kind_than_it_was_sniffed_for_is_not_opened(tmp_path):
    path = film(tmp_path / "a.mp4")

    with pytest.raises(BrokenMedia):
        footage(path, "video/x-matroska", WHOLE)


def test_pixels_that_are_not_square_are_shown_square():
    stream = {"index": 0, "codec_type": "video", "width": 720, "height": 576}
    told = {"streams": [stream | {"sample_aspect_ratio": "16:11"}], "format": {"duration": "1"}}

    assert read_footage(told).the_video().shown == (1047, 576)


def test_what_nobody_could_have_written_does_no_harm():
    streams = [{"index": 0, "codec_type": "video", "width": 2, "height": 2, "duration": "N/A"}]
    streams += [{"index": 1, "codec_type": "audio", "sample_rate": "nan", "channels": 0}]

    held = read_footage({"streams": streams, "format": {"duration": "inf"}})

    assert (held.seconds, held.the_video().fps, held.sound) == (0.0, 0.0, None)
    with pytest.raises(BrokenMedia, match="neither sound nor video"):
        read_footage({})
