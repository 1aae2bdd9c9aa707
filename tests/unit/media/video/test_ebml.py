"""Length and size of WebM and Matroska files."""

from __future__ import annotations

import random
from contextlib import suppress

import pytest

from appliance.core.errors import ApplianceError, BrokenMedia
from appliance.core.files import Facts
from appliance.media.headers import probe
from appliance.media.video.ebml import facts_of_elements
from tests.support.boxes import facts_of
from tests.support.films import ffmpeg, film

EBML = b"\x1a\x45\xdf\xa3\x84\x42\x82\x81w"


@pytest.fixture(scope="module")
def webm(tmp_path_factory):
    return film(tmp_path_factory.mktemp("webm") / "a.webm")


@pytest.fixture
def read(tmp_path):
    return lambda content: facts_of(tmp_path / "a.webm", content, facts_of_elements)


def element(name: str, *contents: bytes) -> bytes:
    content = b"".join(contents)
    return bytes.fromhex(name) + (len(content) | 1 << 28).to_bytes(4, "big") + content


def video(*more: bytes) -> bytes:
    """The tracks of a film of 640 × 360."""
    size = element("E0", element("B0", b"\2\x80"), element("BA", b"\1\x68"))
    return element("1654AE6B", element("AE", element("83", b"\1"), size), *more)


def test_length_and_size_are_told(webm):
    told = probe(webm, "video/webm")

    assert (told.width_px, told.height_px) == (96, 64)
    assert told.seconds == pytest.approx(1.0, abs=0.1)


def test_the_length_is_in_the_files_own_ticks(read):
    length = element(
        "1549A966", element("2AD7B1", b"\x0f\x42\x40"), element("4489", b"\x45\x1c\x40\0")
    )

    assert read(EBML + element("18538067", length, video())) == Facts(640, 360, 2.5)


def test_a_recording_without_length_lasts_to_its_last_block(tmp_path, webm):
    path = tmp_path / "live.webm"
    ffmpeg("-i", webm, "-c", "copy", "-live", "1", path)

    assert b"\x44\x89" not in path.read_bytes()[:300]
    assert probe(path, "video/webm").seconds == pytest.approx(1.0, abs=0.15)


def test_blocks_in_groups_count_too(read):
    group = element("A0", element("A1", b"\x81\0\x64\0data"))
    cluster = element("1F43B675", element("E7", b"\x03\xe8"), group)

    assert read(EBML + element("18538067", video(), cluster)).seconds == 1.1


def test_a_film_that_ends_before_its_segment_is_cut_off(read, webm):
    with pytest.raises(BrokenMedia, match="cut off"):
        read(webm.read_bytes()[:-3000])


def test_a_start_alone_is_cut_off(read):
    with pytest.raises(BrokenMedia, match="nothing follows"):
        read(EBML)


def test_a_file_of_neither_sound_nor_picture_is_refused(read):
    with pytest.raises(BrokenMedia, match="neither sound nor video"):
        read(EBML + element("18538067", element("1654AE6B")))


def test_noise_in_the_elements_never_crashes(read, webm):
    whole, chance = webm.read_bytes(), random.Random(7)
    for _ in range(100):
        noisy = bytearray(whole)
        for _ in range(8):
            noisy[chance.randrange(len(noisy))] = chance.randrange(256)
        with suppress(ApplianceError):
            assert read(bytes(noisy)).seconds >= 0
