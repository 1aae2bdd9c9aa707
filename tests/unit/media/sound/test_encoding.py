"""How sound is written."""

from __future__ import annotations

import pytest

from appliance.core.errors import InvalidInput
from appliance.media.ffmpeg.footage import SoundTrack
from appliance.media.sound.encoding import (
    SoundWish,
    channels_of,
    rate_of,
    sound_arguments,
    sound_warnings,
    tag_arguments,
    usual_kbps,
)

MONO = SoundTrack(0, "mp3", 44_100, 1)
STEREO = SoundTrack(1, "aac", 44_100, 2)
ROOM = SoundTrack(0, "pcm_s24le", 96_000, 6, bits=24)
TAGS = {"title": "Canción", "comment": "home", "location": "+48+011/", "encoder": "x"}


@pytest.mark.parametrize(
    ("format", "track", "channels", "rate"),
    [
        ("mp3", ROOM, 2, 48_000),
        ("m4a", ROOM, 6, 96_000),
        ("opus", STEREO, 2, 48_000),
        ("ogg", ROOM, 6, 48_000),
        ("flac", ROOM, 6, 96_000),
        ("mp3", SoundTrack(0, "aac", 44_100, 4), 2, 44_100),
        ("wav", SoundTrack(0, "flac", 192_000, 8, 24), 8, 96_000),
    ],
)
def test_channels_and_rate_stay_where_the_format_has_them(format, track, channels, rate):
    wish = SoundWish(format)

    assert (channels_of(wish, track), rate_of(wish, track)) == (channels, rate)


@pytest.mark.parametrize(
    ("format", "track", "kbps"),
    [("mp3", MONO, 96), ("mp3", STEREO, 192), ("m4a", ROOM, 512), ("opus", MONO, 64)],
)
def test_the_usual_bit_rate_goes_by_the_channels(format, track, kbps):
    assert usual_kbps(SoundWish(format), track) == kbps


def test_twenty_four_bits_stay():
    assert "pcm_s24le" in sound_arguments(SoundWish("wav"), ROOM)
    assert "pcm_s16le" in sound_arguments(SoundWish("wav"), STEREO)
    assert sound_arguments(SoundWish("flac"), ROOM)[-2:] == ["-bits_per_raw_sample", "24"]


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        (SoundWish("opus", rate=44_100), "sample_rate"),
        (SoundWish("mp3", rate=96_000), "sample_rate"),
        (SoundWish("mp3", kbps=400), "bitrate"),
        (SoundWish("mp3", kbps=192, rate=22_050), "bitrate"),
        (SoundWish("ogg", kbps=48), "bitrate"),
    ],
)
def test_what_the_format_does_not_have_is_refused(wish, field):
    with pytest.raises(InvalidInput) as told:
        sound_arguments(wish, STEREO)

    assert told.value.field == field


def test_filters_come_behind_the_channels():
    arguments = sound_arguments(SoundWish("mp3"), ROOM, ["volume=2dB"])

    assert arguments[arguments.index("-af") + 1] == "aformat=channel_layouts=stereo,volume=2dB"
    assert arguments[:2] == ["-map", "0:0"]


def test_of_tags_those_of_the_work_stay():
    assert tag_arguments(TAGS) == ["-metadata", "title=Canción"]


def test_what_was_done_otherwise_is_said():
    assert sound_warnings(SoundWish("wav", kbps=64), STEREO, sounds=1, covers=0) == [
        "bitrate has no meaning for WAV and was left aside."
    ]
    assert len(sound_warnings(SoundWish("mp3"), ROOM, sounds=2, covers=1)) == 3
