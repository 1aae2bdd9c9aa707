"""How long WAV, FLAC and Ogg files are."""

from __future__ import annotations

import struct
import subprocess

import pytest

from appliance.core.errors import BrokenMedia
from appliance.media.sound.lengths import flac_seconds, ogg_seconds, wav_seconds
from tests.support.boxes import facts_of
from tests.support.films import sound, tone

READERS = {"wav": wav_seconds, "flac": flac_seconds, "opus": ogg_seconds, "ogg": ogg_seconds}


@pytest.fixture
def read(tmp_path):
    return lambda ending, content: facts_of(tmp_path / f"b.{ending}", content, READERS[ending])


@pytest.mark.parametrize("ending", READERS)
def test_the_length_is_told(tmp_path, read, ending):
    content = sound(tmp_path / f"a.{ending}", seconds=1.5).read_bytes()

    assert read(ending, content) == pytest.approx(1.5, abs=0.01)


def test_a_wav_written_into_a_pipe_goes_to_the_end(read):
    command = ["ffmpeg", "-v", "error", *tone(), "-f", "wav", "pipe:1"]
    content = subprocess.run(command, check=True, capture_output=True).stdout

    assert read("wav", content) == pytest.approx(1.0)


def test_a_wav_shorter_than_it_says_is_cut_off(tmp_path, read):
    with pytest.raises(BrokenMedia, match="cut off"):
        read("wav", sound(tmp_path / "a.wav").read_bytes()[:-1000])


@pytest.mark.parametrize(
    ("ending", "content"),
    [
        ("wav", b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0"),
        ("flac", b"fLaC\0\0\0\x22" + b"\0" * 40),
        ("flac", b"fLaC"),
        ("ogg", b"OggS\0\2" + b"\0" * 40),
        ("ogg", b"OggS"),
    ],
)
def test_a_header_with_nothing_in_it_is_damaged(read, ending, content):
    with pytest.raises(BrokenMedia):
        read(ending, content)


def test_pages_on_which_no_packet_ends_are_passed_over(tmp_path, read):
    content = sound(tmp_path / "a.opus").read_bytes()
    page = content[content.rindex(b"OggS") :]
    unfinished = page[:6] + struct.pack("<q", -1) + page[14:]

    assert read("opus", content + unfinished) == pytest.approx(1.0, abs=0.01)
