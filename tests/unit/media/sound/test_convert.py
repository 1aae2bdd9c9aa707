"""Sound into another format."""

from __future__ import annotations

import pytest

from appliance.core.errors import BrokenMedia
from appliance.core.progress import silent_progress
from appliance.media.ffmpeg.footage import footage
from appliance.media.headers import probe
from appliance.media.sound.convert import convert_sound
from appliance.media.sound.encoding import SoundWish
from tests.support.films import sound, with_cover
from tests.support.media import upload


def test_sound_is_converted_with_its_title_and_nothing_private(tmp_path):
    target = tmp_path / "made.m4a"

    made = convert_sound(
        upload(with_cover(tmp_path)), target, SoundWish("m4a"), silent_progress(), tags=True
    )

    held = footage(target, "audio/mp4", probe(target, "audio/mp4"))
    assert held.the_sound().codec == "aac"
    assert held.tags["title"] == "Canción"
    assert b"secret" not in target.read_bytes()
    assert (made.rate, made.channels, held.covers) == (44_100, 1, 0)


def test_sound_that_ends_long_before_its_header_says_is_cut_off(tmp_path):
    whole = sound(tmp_path / "a.flac", seconds=4)
    whole.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])

    with pytest.raises(BrokenMedia, match="cut off"):
        convert_sound(upload(whole), tmp_path / "b.wav", SoundWish("wav"), silent_progress())
