"""tools.background_remove, from an upload to a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import skimage

from appliance import media
from appliance.core.abilities.person_mask import PERSON_MASK
from appliance.core.errors import InvalidInput
from appliance.engines.matting.selfie import load
from appliance.engines.registry import CPU
from appliance.operations.tools.background_remove import background_remove
from tests.support.context import FolderContext
from tests.support.media import animation, upload, written
from tests.support.strangers import scene
from tests.support.weights import real_model

PHOTOS = Path(skimage.__file__).parent / "data"
INSIDE, OUTSIDE = (120, 200), (20, 20)


@pytest.fixture
def made(tmp_path):
    """(output, its one file, its pixels) of an upload and raw parameters."""

    def make(image, offers=None, **raw):
        read = background_remove.read({"image": image, **raw})
        output = background_remove.run(FolderContext(tmp_path, offers), read)
        file = output.files[0].made()
        return output, file, media.decode(file.path, limit_px=10**7).pixels

    return make


@pytest.fixture
def ball(tmp_path):
    return upload(written(tmp_path, "png", scene()), "Bola roja.png")


@pytest.mark.parametrize("form", ["png", "webp", "avif"])
def test_without_a_background_only_the_ball_is_left(made, ball, form):
    output, file, pixels = made(ball, output_format=form)

    assert file.name == f"Bola-roja.{form}"
    assert pixels.shape == (240, 320, 4)
    assert (pixels[INSIDE][3], pixels[OUTSIDE][3]) == (255, 0)
    assert output.facts["confidence"] > 0.9
    assert output.warnings == ()


@pytest.mark.parametrize("form", ["jpeg", "png"])
def test_a_colour_lies_behind(made, ball, form):
    _, _, pixels = made(ball, background="#00FF00", output_format=form)

    assert pixels.shape == (240, 320, 3)
    assert np.abs(pixels[OUTSIDE].astype(int) - (0, 255, 0)).max() < 4
    assert pixels[INSIDE][0] > 180


def test_a_picture_lies_behind(made, ball, tmp_path):
    (tmp_path / "sky").mkdir()
    sky = upload(written(tmp_path / "sky", "jpeg", np.full((50, 50, 3), (0, 0, 250), np.uint8)))

    _, _, pixels = made(ball, background_image=sky, output_format="jpeg")

    assert pixels[OUTSIDE][2] > 230
    assert pixels[INSIDE][0] > 180


def test_doubts_are_told(made, tmp_path):
    output, _, _ = made(upload(PHOTOS / "coffee.png"))

    assert any("not plain" in warning for warning in output.warnings)


def test_people_are_found_where_the_model_is_installed(made):
    model = load(real_model("person-selfie"), CPU)

    output, _, _ = made(upload(PHOTOS / "astronaut.png"), {PERSON_MASK.name: model})

    assert "people" in output.facts["engines"]


@pytest.mark.parametrize(
    ("raw", "field"),
    [({"output_format": "jpeg"}, "output_format"), ({"background": "red"}, "background")],
)
def test_what_does_not_go_together_is_refused_by_name(made, ball, raw, field):
    with pytest.raises(InvalidInput) as told:
        made(ball, **raw)
    assert told.value.field == field


def test_where_there_is_nothing_to_find_it_is_told(made, tmp_path):
    with pytest.raises(InvalidInput, match="No product"):
        made(upload(animation(tmp_path, "gif")))
