"""tools.image_compress, from an upload to a file."""

from __future__ import annotations

import numpy as np
import pytest

from appliance.core.errors import InvalidInput
from appliance.operations.tools.image_compress import image_compress
from tests.support.context import FolderContext
from tests.support.media import colours, upload, written


@pytest.fixture
def made(tmp_path):
    """(output, its one file) of an upload and raw parameters."""

    def make(image, **raw):
        output = image_compress.run(
            FolderContext(tmp_path), image_compress.read({"image": image, **raw})
        )
        return output, output.files[0].made()

    return make


@pytest.fixture
def photo(tmp_path):
    noise = np.random.default_rng(1).normal(0, 6, (300, 400, 3))
    pixels = (colours(400, 300) + noise).clip(0, 255).astype(np.uint8)
    return upload(written(tmp_path, "jpeg", pixels, quality=95), "Foto.jpg")


@pytest.mark.parametrize("kb", [30, 10, 3])
def test_the_target_is_kept(made, photo, kb):
    output, file = made(photo, target_kb=kb)

    assert file.bytes == output.facts["bytes"] <= kb * 1000
    assert output.facts["bytes_before"] == photo.bytes
    assert (file.name, file.mime) == ("Foto.jpg", "image/jpeg")
    assert bool(output.warnings) == (output.facts["percent"] < 100)


def test_a_quality_is_taken_as_it_is(made, photo):
    output, file = made(photo, quality=60)

    assert output.facts["quality"] == 60
    assert file.bytes < photo.bytes


def test_without_either_a_usual_quality_is_taken(made, photo):
    assert made(photo, output_format="webp")[0].facts["quality"] == 75


def test_both_are_refused(made, photo):
    with pytest.raises(InvalidInput, match="not both") as told:
        made(photo, target_kb=10, quality=50)
    assert told.value.field == "quality"
