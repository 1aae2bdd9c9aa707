"""tools.image_crop, from an upload to a file."""

from __future__ import annotations

import numpy as np
import pytest

from appliance import media
from appliance.core.errors import InvalidInput
from appliance.operations.tools.image_crop import image_crop
from tests.support.context import FolderContext
from tests.support.media import colours, upload, written
from tests.support.strangers import scene


@pytest.fixture
def made(tmp_path):
    """(output, its one file) of an upload and raw parameters."""

    def make(image, **raw):
        output = image_crop.run(FolderContext(tmp_path), image_crop.read({"image": image, **raw}))
        return output, output.files[0].made()

    return make


@pytest.mark.parametrize(
    ("raw", "size"),
    [
        ({"width": 100, "height": 50}, (100, 50)),
        ({"aspect": "1:1"}, (240, 240)),
        ({"aspect": "4:5", "width": 100}, (100, 125)),
        ({"aspect": "16:9", "height": 90, "mode": "center"}, (160, 90)),
        ({"mode": "box", "width": 50, "height": 60, "x": 270, "y": 180}, (50, 60)),
    ],
)
def test_each_way_gives_its_size(made, tmp_path, raw, size):
    output, file = made(upload(written(tmp_path, "png", scene())), **raw)

    assert (file.facts.width_px, file.facts.height_px) == size
    assert (output.facts["width"], output.facts["height"]) == size


@pytest.mark.parametrize(("mode", "left"), [("smart", 200), ("center", 150)])
def test_smart_finds_the_ball_and_center_the_middle(made, tmp_path, mode, left):
    output, _ = made(upload(written(tmp_path, "png", scene(400, 100))), aspect="1:1", mode=mode)

    assert output.facts["box"]["x"] == pytest.approx(left, abs=8)


def test_a_box_is_cut_pixel_by_pixel(made, tmp_path):
    _, file = made(upload(written(tmp_path, "png")), mode="box", width=10, height=8, x=3, y=4)

    pixels = media.decode(file.path, limit_px=10**6).pixels
    assert np.array_equal(pixels, colours()[4:12, 3:13])


def test_enlarging_is_told(made, tmp_path):
    output, _ = made(upload(written(tmp_path, "png")), width=320, height=320)

    assert "10 times" in output.warnings[0]


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ({}, "aspect"),
        ({"width": 10}, "aspect"),
        ({"aspect": "1:1", "width": 10, "height": 10}, "aspect"),
        ({"aspect": "9999:1", "height": 100}, "aspect"),
        ({"aspect": "0:1"}, "aspect"),
        ({"mode": "box", "width": 10}, "width"),
        ({"mode": "box", "width": 49, "height": 10}, "x"),
        ({"mode": "box", "width": 8, "height": 30, "y": 3}, "y"),
    ],
)
def test_what_cannot_be_cut_is_refused_by_name(made, tmp_path, raw, field):
    with pytest.raises(InvalidInput) as told:
        made(upload(written(tmp_path, "png")), **raw)
    assert told.value.field == field
