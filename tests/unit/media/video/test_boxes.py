"""Length and size of MP4 files."""

from __future__ import annotations

import random
import struct
from contextlib import suppress

import pytest

from appliance.core.errors import ApplianceError, BrokenMedia
from appliance.core.files import Facts
from appliance.media.headers import probe
from appliance.media.video.boxes import facts_of_boxes
from tests.support.boxes import box, facts_of, header, movie, track
from tests.support.films import ffmpeg, film


@pytest.fixture
def read(tmp_path):
    return lambda content: facts_of(tmp_path / "a.mp4", content, facts_of_boxes)


def test_length_and_size_are_told(read):
    assert read(movie(2500, (1920, 1080))) == Facts(1920, 1080, 2.5)


def test_the_longest_track_counts_whatever_the_film_says(read):
    assert read(movie(1000, more=track(b"soun", 7000))).seconds == 7.0


def test_a_film_without_index_is_cut_off(read):
    with pytest.raises(BrokenMedia, match=r"cut off: its index \(moov\) is missing"):
        read(movie(content=b"x" * 500).replace(b"moov", b"free"))


@pytest.mark.parametrize("kept", [0.9, 0.5])
def test_a_film_that_ends_before_its_boxes_is_cut_off(read, kept):
    whole = movie(content=b"x" * 5000)

    with pytest.raises(BrokenMedia, match="cut off"):
        read(whole[: int(len(whole) * kept)])


def test_bytes_behind_the_last_box_do_no_harm(read):
    assert read(movie(content=b"x" * 50) + b"\0" * 20).seconds == 2.0


def test_a_file_of_neither_sound_nor_picture_is_refused(read):
    with pytest.raises(BrokenMedia, match="neither sound nor video"):
        read(movie().replace(b"vide", b"meta"))


def test_a_track_tells_where_the_film_does_not(read):
    index = box(b"mvhd", header(1000, 0)) + track(b"soun", 0, scale=48_000, own=96_000)

    assert read(box(b"ftyp", b"M4A \0\0\0\0") + box(b"moov", index)).seconds == 2.0


def test_a_large_box_and_one_to_the_end_are_followed(read):
    start, index = movie()[:32], movie()[32:-8]
    large = struct.pack(">I4sQ", 1, b"mdat", 20) + b"1234"

    assert read(start + large + index).seconds == 2.0
    assert read(start + index + b"\0\0\0\0mdat1234").seconds == 2.0


@pytest.mark.parametrize("flags", ["frag_keyframe+empty_moov", "frag_keyframe+empty_moov+dash"])
def test_a_film_in_fragments_is_measured_to_its_last(tmp_path, flags):
    whole, path = film(tmp_path / "whole.mp4"), tmp_path / "fragments.mp4"
    ffmpeg("-i", whole, "-c", "copy", "-movflags", flags, path)

    assert probe(path, "video/mp4").seconds == pytest.approx(1.0, abs=0.2)


def test_noise_in_the_boxes_never_crashes(tmp_path, read):
    whole, chance = film(tmp_path / "whole.mp4").read_bytes(), random.Random(7)
    for _ in range(100):
        noisy = bytearray(whole)
        for _ in range(8):
            noisy[chance.randrange(len(noisy))] = chance.randrange(256)
        with suppress(ApplianceError):
            assert read(bytes(noisy)).seconds >= 0
