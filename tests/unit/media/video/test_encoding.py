"""How a film is written."""

from __future__ import annotations

from dataclasses import replace

import pytest

from appliance.core.errors import InvalidInput
from appliance.media.ffmpeg.footage import Footage, SoundTrack, VideoTrack
from appliance.media.video.encoding import VideoWish, film_arguments, film_warnings, sound_of_film
from appliance.media.video.formats import VIDEO_WRITES

SOUND = SoundTrack(1, "aac", 44_100, 2)
FILM = Footage(10.0, VideoTrack(0, "hevc", 1920, 1080, 30.0), SOUND, sounds=1)


def after(arguments: list[str], name: str) -> str:
    return arguments[arguments.index(name) + 1]


def test_a_film_is_coded_as_its_container_likes_it():
    arguments = film_arguments(VideoWish("mp4"), FILM)

    assert (after(arguments, "-c:v"), after(arguments, "-crf")) == ("libx264", "23")
    assert after(arguments, "-c:a") == "copy"  # byte for byte
    assert after(arguments, "-fps_mode") == "vfr"
    assert after(arguments, "-movflags") == "+faststart"


def test_codec_size_rate_and_quality_are_as_asked():
    arguments = film_arguments(VideoWish("mov", "h265", height=480, fps=24, crf=0), FILM)

    assert (after(arguments, "-c:v"), after(arguments, "-crf")) == ("libx265", "0")
    assert "fps=24,scale=852:480" in after(arguments, "-vf")
    assert (after(arguments, "-tag:v"), after(arguments, "-fps_mode")) == ("hvc1", "cfr")


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        (VideoWish("webm", "h264"), "codec"),
        (VideoWish("mp4", "h264", crf=60), "crf"),
        (VideoWish("mp4", "h265", height=32), "codec"),
    ],
)
def test_what_does_not_go_together_is_refused(wish, field):
    with pytest.raises(InvalidInput) as told:
        film_arguments(wish, FILM)

    assert told.value.field == field


@pytest.mark.parametrize(
    ("format", "sound", "said"),
    [
        ("webm", SOUND, ["aformat=channel_layouts=stereo", "libopus", "128k", "48000"]),
        ("mp4", SoundTrack(1, "opus", 48_000, 6), ["5.1", "aac", "384k", "48000"]),
        ("mkv", SoundTrack(1, "pcm_s16le", 96_000, 1), ["mono", "aac", "64k", "48000"]),
    ],
)
def test_sound_is_coded_for_its_container(format, sound, said):
    told = " ".join(sound_of_film(VIDEO_WRITES[format], sound, copy=True))

    assert all(each in told for each in said)


def test_a_silent_film_stays_silent():
    assert sound_of_film(VIDEO_WRITES["mp4"], None, copy=True) == ["-an"]
    assert "-an" in film_arguments(VideoWish("mp4"), replace(FILM, sound=None))


def test_a_cut_piece_has_its_sound_coded_anew():
    assert "aac" in film_arguments(VideoWish("mp4"), FILM, copy_sound=False)


def test_what_is_left_out_is_said():
    hdr = replace(FILM.the_video(), transfer="smpte2084")
    held = replace(FILM, video=hdr, sounds=3, subtitles=1)

    assert len(film_warnings(held)) == 3
    assert len(film_warnings(held, again=False)) == 2
