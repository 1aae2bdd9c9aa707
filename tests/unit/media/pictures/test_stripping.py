"""Taking metadata out of files."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from appliance.core.errors import BrokenMedia
from appliance.media.pictures.decode import decode
from appliance.media.pictures.metadata import read_metadata
from appliance.media.pictures.stripping import strip
from tests.support.media import animation, colours, truncated, written

LIMIT = 10**6


def talkative(folder, ending, **how):
    exif = Image.Exif()
    exif[0x010F], exif[0x0112], exif[0x8825] = "Maker", 6, {1: "N", 2: (48.0, 8.0, 0.0)}
    return written(folder, ending, colours(40, 20), exif=exif.tobytes(), **how)


@pytest.mark.parametrize(
    ("ending", "form"),
    [("jpeg", "jpeg"), ("png", "png"), ("webp", "webp"), ("avif", "avif"), ("tiff", "tiff"),
     ("heic", "jpeg")],
)  # fmt: skip
def test_nothing_is_said_any_more_and_the_picture_looks_the_same(tmp_path, ending, form):
    source, target = talkative(tmp_path, ending), tmp_path / "target"

    found, warnings = strip(source, target)

    told = read_metadata(target, limit_px=LIMIT)
    before, after = (decode(path, limit_px=LIMIT).pixels for path in (source, target))
    assert found == form
    assert "gps" not in told
    assert "Make" not in told.get("exif", {})
    assert (told["width"], told["height"]) == (20, 40)
    assert np.abs(before.astype(int) - after).mean() < 4
    assert bool(warnings) == (ending in ("avif", "tiff", "heic"))


def test_an_animation_keeps_moving(tmp_path):
    form, _ = strip(animation(tmp_path, "gif"), tmp_path / "target")

    assert form == "gif"
    with Image.open(tmp_path / "target") as image:
        assert image.n_frames == 4


def test_a_damaged_file_is_not_handed_on(tmp_path):
    with pytest.raises(BrokenMedia):
        strip(truncated(written(tmp_path, "jpeg", colours(200, 200))), tmp_path / "target")
