"""tools.image_resize, from an upload to a file."""

from __future__ import annotations

import pytest
from PIL import Image

from appliance.core.errors import InvalidInput, TooLarge
from appliance.operations.tools.image_resize import image_resize
from tests.support.context import FolderContext
from tests.support.media import animation, colours, upload, written


@pytest.fixture
def made(tmp_path):
    """(output, its one file) of an upload and raw parameters."""

    def make(image, **raw):
        output = image_resize.run(
            FolderContext(tmp_path), image_resize.read({"image": image, **raw})
        )
        return output, output.files[0].made()

    return make


@pytest.mark.parametrize(
    ("ending", "mime"),
    [("png", "image/png"), ("jpeg", "image/jpeg"), ("webp", "image/webp"), ("gif", "image/gif"),
     ("avif", "image/avif"), ("tiff", "image/tiff"), ("bmp", "image/bmp"), ("heic", "image/jpeg"),
     ("svg", "image/png"), ("ico", "image/png")],
)  # fmt: skip
def test_the_format_stays_where_it_can(made, tmp_path, ending, mime):
    output, file = made(upload(written(tmp_path, ending, colours(64, 64)), "Foto.x"), width=32)

    assert (file.mime, file.facts.width_px, file.facts.height_px) == (mime, 32, 32)
    assert file.name.startswith("Foto.")
    assert bool(output.warnings) == (ending in ("heic", "svg", "ico"))


@pytest.mark.parametrize(
    ("raw", "size"),
    [({"width": 24}, (24, 16)), ({"height": 64}, (96, 64)), ({"percent": 25}, (12, 8)),
     ({"percent": 200}, (96, 64)), ({"width": 20, "height": 20, "fit": "cover"}, (20, 20))],
)  # fmt: skip
def test_each_way_gives_its_size(made, tmp_path, raw, size):
    output, _ = made(upload(written(tmp_path, "png")), **raw)

    assert (output.facts["width"], output.facts["height"]) == size


@pytest.mark.parametrize("ending", ["gif", "webp", "avif"])
def test_an_animation_stays_animated(made, tmp_path, ending):
    _, file = made(upload(animation(tmp_path, ending)), percent=50)

    with Image.open(file.path) as image:
        assert (image.n_frames, image.size) == (4, (12, 12))


def test_another_format_may_be_asked_for(made, tmp_path):
    _, file = made(upload(written(tmp_path, "png")), width=10, output_format="webp")

    assert file.mime == "image/webp"


@pytest.mark.parametrize("raw", [{}, {"width": 10, "percent": 50}])
def test_a_size_or_a_share_is_needed(made, tmp_path, raw):
    with pytest.raises(InvalidInput, match="percent"):
        made(upload(written(tmp_path, "png")), **raw)


def test_too_large_a_result_is_refused(made, tmp_path):
    with pytest.raises(TooLarge):
        made(upload(written(tmp_path, "png")), width=16_384)
