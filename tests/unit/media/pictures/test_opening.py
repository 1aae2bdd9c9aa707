"""Opening picture files under guard."""

from __future__ import annotations

import warnings

import pytest
from PIL import Image

from appliance.core.errors import BrokenMedia, TooLarge, UnsupportedMedia
from appliance.media.pictures.opening import check_size, guarded, opened, picture_mime
from tests.support.media import lying_png, written


def test_a_sound_or_video_file_is_no_picture(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0")

    with pytest.raises(UnsupportedMedia, match="audio/wav, not a picture"):
        picture_mime(path)


def test_the_size_is_checked_before_pixels_are_read(tmp_path):
    path = lying_png(tmp_path, 30_000, 30_000)

    with (
        pytest.raises(TooLarge, match="at most 100 million pixels") as told,
        opened(path, "image/png", limit_px=100_000_000),
    ):
        pass
    assert told.value.details["limit_px"] == 100_000_000


def test_a_file_is_opened_as_what_it_was_sniffed_as_or_not_at_all(tmp_path):
    path = written(tmp_path, "tiff")

    with (
        pytest.raises(BrokenMedia, match="cannot be opened"),
        opened(path, "image/png", limit_px=10_000),
    ):
        pass


def test_no_path_of_the_box_is_told(tmp_path):
    path = tmp_path / "secret-name"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 60)

    with pytest.raises(BrokenMedia) as told, opened(path, "image/png", limit_px=10_000):
        pass
    assert "secret" not in told.value.message


@pytest.mark.parametrize("error", [OSError("x"), SyntaxError("x"), ValueError("x"), EOFError()])
def test_what_decoders_say_of_damage_becomes_broken_media(error):
    with pytest.raises(BrokenMedia, match="damaged or cut short"), guarded(100):
        raise error


def test_pillows_own_alarm_becomes_too_large_at_our_limit():
    with pytest.raises(TooLarge), guarded(100):
        Image._decompression_bomb_check((20, 10))


def test_a_guard_leaves_pillow_as_it_was():
    before = Image.MAX_IMAGE_PIXELS

    with guarded(7):
        warnings.warn("odd metadata concerns no caller", UserWarning, stacklevel=1)
        assert Image.MAX_IMAGE_PIXELS == 7

    assert before == Image.MAX_IMAGE_PIXELS


def test_a_size_at_the_limit_is_taken():
    check_size((10, 10), 100)
    with pytest.raises(TooLarge, match="11 × 10 pixels"):
        check_size((11, 10), 100)
