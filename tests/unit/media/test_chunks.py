"""Chunks of PNG and WebP, segments of JPEG."""

from __future__ import annotations

from itertools import pairwise

import pytest

from appliance.core.errors import BrokenMedia
from appliance.media.chunks import (
    jpeg_segment,
    jpeg_segments,
    jpeg_with,
    png_chunk,
    png_chunks,
    png_with,
    riff,
    riff_chunks,
    webp_with,
    webp_with_alpha,
)
from tests.support.media import animation, colours, written


def test_a_png_is_taken_apart_without_loss(tmp_path):
    data = written(tmp_path, "png").read_bytes()

    parts = list(png_chunks(data))

    assert [kind for kind, _, _ in parts] == [b"IHDR", b"IDAT", b"IEND"]
    again = [png_chunk(kind, data[start + 8 : end - 4]) for kind, start, end in parts]
    assert data[:8] + b"".join(again) == data


def test_the_segments_of_a_jpeg_lie_one_after_another_before_its_pixels(tmp_path):
    data = written(tmp_path, "jpeg", comment=b"hello").read_bytes()

    parts = list(jpeg_segments(data))

    assert parts[0][1] == 2
    assert all(one[2] == after[1] for one, after in pairwise(parts))
    assert data[parts[-1][2] : parts[-1][2] + 2] == b"\xff\xda"
    assert jpeg_segment(0xFE, b"hello") in data


def test_a_webp_is_taken_apart_without_loss(tmp_path):
    data = written(tmp_path, "webp", exif=b"Exif\0\0odd").read_bytes()

    assert riff(list(riff_chunks(data))) == data


@pytest.mark.parametrize(
    ("ending", "parts"), [("png", png_chunks), ("jpeg", jpeg_segments), ("webp", riff_chunks)]
)
def test_a_file_cut_short_is_broken(tmp_path, ending, parts):
    data = written(tmp_path, ending).read_bytes()

    with pytest.raises(BrokenMedia):
        list(parts(data[:50] if ending == "png" else data[:30]))


def test_a_jpeg_segment_has_an_end():
    assert len(jpeg_segment(0xE1, b"x" * 65533)) == 65537
    with pytest.raises(ValueError, match="65533"):
        jpeg_segment(0xE1, b"x" * 65534)


def test_a_simple_webp_has_no_flags_to_set(tmp_path):
    with pytest.raises(BrokenMedia, match="extended"):
        webp_with_alpha(written(tmp_path, "webp").read_bytes())


def test_chunks_go_before_a_pngs_pixels(tmp_path):
    data = written(tmp_path, "png").read_bytes()

    done = png_with(data, png_chunk(b"tEXt", b"a\0b"))

    assert [kind for kind, _, _ in png_chunks(done)] == [b"IHDR", b"tEXt", b"IDAT", b"IEND"]
    with pytest.raises(BrokenMedia, match="no pixels"):
        png_with(data[:33], b"")


def test_segments_go_behind_jfif_and_exif(tmp_path):
    data = written(tmp_path, "jpeg", exif=b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0").read_bytes()

    done = jpeg_with(data, jpeg_segment(0xFE, b"word"))

    assert [marker for marker, _, _ in jpeg_segments(done)][:3] == [0xE0, 0xE1, 0xFE]


@pytest.mark.parametrize("how", [{}, {"lossless": True}, {"exif": b"II*\0\x08\0\0\0\0\0\0\0\0\0"}])
@pytest.mark.parametrize("alpha", [True, False])
def test_a_webp_takes_chunks_in_any_of_its_forms(tmp_path, how, alpha):
    data = written(tmp_path, "webp", colours(alpha=alpha), **how).read_bytes()

    done = dict(riff_chunks(webp_with(data, {b"EXIF": b"II", b"XMP ": b"<x/>"})))

    assert (done[b"EXIF"], done[b"XMP "]) == (b"II", b"<x/>")
    assert done[b"VP8X"][0] & 0x1C == (0x1C if alpha else 0x0C)


def test_a_moving_webp_keeps_moving(tmp_path):
    data = animation(tmp_path, "webp").read_bytes()

    assert dict(riff_chunks(webp_with(data, {b"XMP ": b"<x/>"})))[b"VP8X"][0] & 0x02
    assert webp_with(data, {}) == data
