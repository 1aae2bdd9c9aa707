"""Pictures out of a film."""

from __future__ import annotations

import numpy as np
import pytest

from appliance.core.progress import silent_progress
from appliance.media.video.stills import moments, stills
from tests.support.films import ffmpeg, in_hdr
from tests.support.media import upload


@pytest.fixture
def traffic_light(tmp_path):
    """Red for a second, then green for a second."""
    path = tmp_path / "light.mp4"
    colours = [f"color={name}:s=64x48:r=10:d=1" for name in ("red", "lime")]
    inputs = [part for each in colours for part in ("-f", "lavfi", "-i", each)]
    ffmpeg(*inputs, "-filter_complex", "concat=n=2", "-pix_fmt", "yuv420p", path)
    return upload(path)


def test_moments_are_spread_over_the_film():
    assert moments(10.0, None, 4) == [1.25, 3.75, 6.25, 8.75]
    assert moments(10.0, 3.5, None) == [3.5]
    assert moments(10.0, None, None) == [1.0]


@pytest.mark.parametrize(("moment", "brightest"), [(0.0, 0), (0.85, 0), (1.0, 1), (2.0, 1)])
def test_the_picture_of_the_very_moment_is_taken(tmp_path, traffic_light, moment, brightest):
    scratch = tmp_path / "raw"

    (taken,) = stills(traffic_light, scratch, [moment], None, silent_progress())

    assert taken.pixels.shape == (48, 64, 3)
    assert int(np.argmax(taken.pixels.mean(axis=(0, 1)))) == brightest
    assert not scratch.exists()


def test_a_width_is_kept_to(tmp_path, traffic_light):
    taken = [*stills(traffic_light, tmp_path / "raw", [0.5, 1.5], 33, silent_progress())]

    assert [(each.width, each.height) for each in taken] == [(33, 25), (33, 25)]


def test_an_hdr_picture_has_the_brightness_of_an_ordinary_screen(tmp_path):
    given = upload(in_hdr(tmp_path))

    (taken,) = stills(given, tmp_path / "raw", [0.2], None, silent_progress())

    assert taken.pixels.std() > 20
    assert taken.pixels.max() > 150
