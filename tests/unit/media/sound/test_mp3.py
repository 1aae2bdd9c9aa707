"""How long MP3 files are."""

from __future__ import annotations

import pytest

from appliance.core.errors import BrokenMedia
from appliance.media.sound.mp3 import mp3_seconds
from tests.support.boxes import facts_of
from tests.support.films import sound, with_cover


@pytest.fixture
def read(tmp_path):
    return lambda content: facts_of(tmp_path / "b.mp3", content, mp3_seconds)


@pytest.mark.parametrize(
    "how",
    [
        (),
        ("-write_xing", "0"),
        ("-write_xing", "0", "-q:a", "4"),
        ("-write_xing", "0", "-ar", "22050"),
        ("-ac", "2", "-ar", "48000", "-id3v2_version", "3", "-write_id3v1", "1"),
    ],
)
def test_the_length_is_told_by_a_header_or_by_counting(tmp_path, read, how):
    content = sound(tmp_path / "a.mp3", *how, seconds=2).read_bytes()

    assert read(content) == pytest.approx(2.0, abs=0.1)


def test_a_cover_before_the_sound_is_passed_over(tmp_path, read):
    assert read(with_cover(tmp_path).read_bytes()) == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize("content", [b"ID3\4\0\0\0\0\0\0" + b"\0" * 30, b"\xff\xfb", b"\xff" * 999])
def test_a_file_without_sound_is_damaged(read, content):
    with pytest.raises(BrokenMedia, match="holds no sound"):
        read(content)


def test_a_very_long_file_is_taken_to_go_on_as_it_began(tmp_path, read, monkeypatch):
    monkeypatch.setattr("appliance.media.sound.mp3._WALKED", 20)
    content = sound(tmp_path / "a.mp3", "-write_xing", "0", "-id3v2_version", "0", seconds=3)

    assert read(content.read_bytes()) == pytest.approx(3.0, abs=0.2)
