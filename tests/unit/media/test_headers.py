"""What a file is and how large, from its first bytes."""

from __future__ import annotations

import random
import struct
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.core.errors import ApplianceError, BrokenMedia, UnsupportedMedia
from appliance.core.files import Facts, Kind
from appliance.media.headers import probe, sniff
from tests.support.films import FILMS, SOUNDS
from tests.support.media import ENDINGS, colours, lying_png, polyglot, svg, written

MIMES = {"ico": "image/x-icon", "svg": "image/svg+xml"}
SOUND_AND_VIDEO = {
    "video/mp4": b"\0\0\0\x18ftypisom\0\0\2\0isommp42" + b"\0" * 40,
    "video/quicktime": b"\0\0\0\x14ftypqt  \0\0\2\0qt  " + b"\0" * 40,
    "video/webm": b"\x1aE\xdf\xa3\x9fB\x86\x81\1B\xf7\x81\1B\xf2\x81\4B\xf3\x81\x08B\x82\x84webm",
    "video/x-matroska": b"\x1aE\xdf\xa3\xa3B\x86\x81\1B\xf7\x81\1B\x82\x88matroska" + b"\0" * 9,
    "audio/wav": b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0",
    "audio/mpeg": b"ID3\4\0\0\0\0\0\0" + b"\0" * 30,
    "audio/flac": b"fLaC\0\0\0\x22" + b"\0" * 40,
    "audio/ogg": b"OggS\0\2" + b"\0" * 40,
    "audio/mp4": b"\0\0\0\x1cftypM4A \0\0\0\0M4A mp42isom" + b"\0" * 40,
    "video/x-msvideo": b"RIFF\x24\0\0\0AVI LIST\x10\0\0\0hdrl",
}


@pytest.fixture
def there(tmp_path):
    def write(data: bytes) -> Path:
        path = tmp_path / "file"
        path.write_bytes(data)
        return path

    return write


@pytest.mark.parametrize("ending", ENDINGS)
def test_pictures_are_known_by_content_and_measured(tmp_path, ending):
    path = written(tmp_path, ending, colours(128, 128)).rename(tmp_path / "holiday.exe")

    sniffed = sniff(path)

    assert (sniffed.mime, sniffed.kind) == (MIMES.get(ending, f"image/{ending}"), Kind.IMAGE)
    assert probe(path, sniffed.mime) == Facts(128, 128)


@pytest.mark.parametrize("mime", SOUND_AND_VIDEO)
def test_a_start_of_sound_or_video_is_known_and_one_alone_is_broken(there, mime):
    path = there(SOUND_AND_VIDEO[mime])

    assert sniff(path).mime == mime
    with pytest.raises(BrokenMedia):
        probe(path, mime)


@pytest.mark.parametrize("name", [*SOUNDS, *FILMS])
def test_whole_sound_and_video_is_known_and_measured(tmp_path, name):
    make, size = FILMS[name] if name in FILMS else (SOUNDS[name], (0, 0))
    path = make(tmp_path)

    facts = probe(path, sniff(path).mime)

    assert facts.seconds == pytest.approx(1.0, abs=0.15)
    assert {facts.width_px, facts.height_px} == set(size)  # before any turn


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"%PDF-1.7\n",
        b"PK\3\4" + b"\0" * 40,
        b"MZ\x90\0",
        b"BMW is a maker of cars, not a bitmap picture at all.",
        b"\0\0\1\0\0\0",
        b"GIFT: not a picture",
        b"8BPS\0\1",
        b"<html><body>hello</body></html>",
        b"%!PS-Adobe-3.0 EPSF-3.0",
        b"\0\0\0\x18ftyp3gp5" + b"\0" * 20,
        b"\xff\xff\xff\xffftypavif",
        random.Random(7).randbytes(3_000_000),
    ],
)
def test_anything_else_is_refused_with_a_list_of_what_is_read(there, data):
    with pytest.raises(UnsupportedMedia, match="PNG, JPEG"):
        sniff(there(data))


def test_a_polyglot_is_what_its_first_bytes_say(tmp_path):
    assert sniff(polyglot(tmp_path)).mime == "image/jpeg"


def test_an_entity_in_an_svg_is_refused(there):
    with pytest.raises(UnsupportedMedia, match="document type"):
        sniff(there(b'<!DOCTYPE svg [<!ENTITY a "b">]>' + svg("&a;").encode()))


def test_an_svg_in_utf16_is_known(there):
    assert sniff(there(svg("").encode("utf-16"))).mime == "image/svg+xml"


def test_a_lying_header_is_believed_by_the_probe_so_that_limits_apply(tmp_path):
    assert probe(lying_png(tmp_path, 60_000, 50_000), "image/png") == Facts(60_000, 50_000)


@pytest.mark.parametrize("ending", ["png", "gif", "webp"])
def test_a_header_that_must_be_there_and_is_not_is_broken(tmp_path, ending):
    path = written(tmp_path, ending)
    path.write_bytes(path.read_bytes()[: 20 if ending == "webp" else 8])

    with pytest.raises(BrokenMedia, match="header is damaged"):
        probe(path, f"image/{ending}")


@pytest.mark.parametrize("size", [(40_000, 1), (1, 65_535)])
def test_a_gif_wider_than_a_signed_number_holds_is_measured(there, size):
    path = there(b"GIF89a" + struct.pack("<HH", *size) + b"\0\0\0")

    assert probe(path, "image/gif") == Facts(*size)


@pytest.mark.parametrize("lossless", [True, False])
def test_a_large_webp_is_measured(tmp_path, lossless):
    pixels = np.zeros((3, 16_383, 3), np.uint8)
    path = written(tmp_path, "webp", pixels, lossless=lossless)

    assert probe(path, "image/webp") == Facts(16_383, 3)


def test_an_old_bitmap_header_is_measured(there):
    head = b"BM" + b"\0" * 8 + struct.pack("<IIHHHH", 26, 12, 300, 200, 1, 24)

    assert probe(there(head), "image/bmp") == Facts(300, 200)


def test_a_header_far_behind_is_given_up_on_and_not_searched_for(there):
    # Small segments one after another: following them all would read the whole file.
    path = there(b"\xff\xd8" + b"\xff\xe5\0\4ab" * 2_000_000)

    assert probe(path, "image/jpeg") == Facts()


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_file_cut_anywhere_is_told_so_or_measured_but_never_crashes(tmp_path, ending):
    path = written(tmp_path, ending, colours(6, 5))
    data = path.read_bytes()

    for length in range(min(len(data), 700)):
        path.write_bytes(data[:length])
        with suppress(ApplianceError):
            probe(path, sniff(path).mime)


@given(noise=st.binary(max_size=200), ending=st.sampled_from(ENDINGS), at=st.integers(0, 60))
def test_noise_in_a_header_never_crashes(tmp_path, noise, ending, at):
    sound = tmp_path / f"picture.{ending}"
    data = (sound if sound.exists() else written(tmp_path, ending)).read_bytes()
    path = tmp_path / "noisy"
    path.write_bytes(data[:at] + noise + data[at + len(noise) :])

    with suppress(ApplianceError):
        facts = probe(path, sniff(path).mime)
        assert min(facts.width_px, facts.height_px) >= 0
