"""tools.collage, from uploads to a file."""

from __future__ import annotations

import numpy as np
import pytest

from appliance import media
from appliance.core.errors import BrokenMedia, InvalidInput, TooLarge
from appliance.operations.tools.collage import collage
from tests.support.context import FolderContext
from tests.support.media import animation, truncated, upload, written

SMALL = {"cell_width": 20, "cell_height": 20, "gap": 2}


@pytest.fixture
def context(tmp_path):
    return FolderContext(tmp_path)


@pytest.fixture
def image(tmp_path):
    return upload(written(tmp_path, "png", np.full((30, 30, 3), 9, np.uint8)))


def run(context, images, **raw):
    output = collage.run(context, collage.read({"images": images, **raw}))
    return output, output.files[0].made()


@pytest.mark.parametrize(("count", "size"), [(2, (46, 24)), (3, (46, 46)), (50, (178, 156))])
def test_pictures_make_a_grid(context, image, count, size):
    output, file = run(context, [image] * count, **SMALL)

    assert (file.facts.width_px, file.facts.height_px) == size
    assert (file.name, file.mime) == ("collage.jpg", "image/jpeg")
    assert output.facts["columns"] * output.facts["rows"] >= count
    assert context.steps[-1].fraction == pytest.approx(0.9)


def test_gaps_may_be_transparent(context, image):
    _, file = run(context, [image] * 2, background="transparent", output_format="png", **SMALL)

    pixels = media.decode(file.path, limit_px=10**6).pixels
    assert (pixels[0, 0, 3], pixels[10, 10, 3]) == (0, 255)


def test_of_an_animation_the_first_frame_is_taken_and_told(context, image, tmp_path):
    output, _ = run(context, [image, upload(animation(tmp_path, "gif"))], **SMALL)

    assert output.warnings == (
        "Picture 2: The file has 4 frames; the result got the first of them.",
    )


@pytest.mark.parametrize("count", [1, 51])
def test_there_are_2_to_50(context, image, count):
    with pytest.raises(InvalidInput, match="2 to 50"):
        run(context, [image] * count, **SMALL)


def test_a_damaged_picture_is_named(context, image):
    with pytest.raises(BrokenMedia, match="Picture 2"):
        run(context, [image, upload(truncated(image.path))], **SMALL)


def test_too_large_a_whole_is_refused(context, image):
    with pytest.raises(TooLarge):
        run(context, [image] * 50, cell_width=4096, cell_height=4096)


def test_jpeg_has_no_transparency(context, image):
    with pytest.raises(InvalidInput, match="JPEG"):
        run(context, [image] * 2, background="transparent", **SMALL)
