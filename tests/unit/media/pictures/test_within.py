from __future__ import annotations

import numpy as np

from appliance.core.operation import PictureFormat
from appliance.core.picture import Picture
from appliance.media.pictures.encode import encode
from appliance.media.pictures.within import encode_within

GRAIN = Picture(np.random.default_rng(3).integers(0, 255, (128, 128, 3), np.uint8))


def test_what_fits_is_written_at_the_quality_asked_for(tmp_path):
    wished = PictureFormat("jpeg", quality=92)
    encode(GRAIN, wished, tmp_path / "plain.jpg")

    found = encode_within(GRAIN, wished, tmp_path / "a.jpg", most_bytes=10**6)

    assert found == wished
    assert (tmp_path / "a.jpg").read_bytes() == (tmp_path / "plain.jpg").read_bytes()


def test_what_does_not_is_written_at_the_finest_that_does(tmp_path):
    wished, path = PictureFormat("jpeg", quality=92), tmp_path / "a.jpg"

    found = encode_within(GRAIN, wished, path, most_bytes=14_000)

    assert 40 < found.quality < 92
    assert path.stat().st_size <= 14_000
    encode(GRAIN, PictureFormat("jpeg", quality=found.quality + 1), path)
    assert path.stat().st_size > 14_000


def test_what_never_fits_is_written_at_the_coarsest_and_is_too_large(tmp_path):
    path = tmp_path / "a.jpg"

    assert encode_within(GRAIN, PictureFormat("jpeg"), path, most_bytes=100).quality == 40
    assert path.stat().st_size > 100


def test_a_format_without_quality_is_written_once(tmp_path):
    wished = PictureFormat("png")

    assert encode_within(GRAIN, wished, tmp_path / "a.png", most_bytes=100) == wished
