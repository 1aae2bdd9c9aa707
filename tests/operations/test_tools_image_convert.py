"""tools.image_convert, from an upload to a file."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from appliance import media
from appliance.core.errors import BrokenMedia, InvalidInput, TooLarge
from appliance.operations.tools.image_convert import image_convert
from tests.support.context import FolderContext
from tests.support.media import (
    ENDINGS,
    animation,
    colours,
    lying_png,
    png_bomb,
    truncated,
    upload,
    written,
)

FORMATS = ("webp", "png", "jpeg", "avif", "gif", "tiff", "bmp", "ico", "pdf")


@pytest.fixture
def made(tmp_path):
    """(output, its one file) of an upload and raw parameters."""

    def make(image, **raw):
        output = image_convert.run(
            FolderContext(tmp_path), image_convert.read({"image": image, **raw})
        )
        return output, output.files[0].made()

    return make


@pytest.mark.parametrize("form", FORMATS)
def test_the_stem_of_the_upload_names_the_result(made, tmp_path, form):
    output, file = made(upload(written(tmp_path, "png"), "mi-imagen.png"), output_format=form)

    assert file.name == f"mi-imagen.{media.WRITES[form].ending}"
    assert file.mime == media.WRITES[form].mime
    assert output.facts == {"width": 48, "height": 32, "frames": 1}
    assert output.warnings == ()


@pytest.mark.parametrize("ending", ENDINGS)
def test_every_kind_of_picture_can_come_in(made, tmp_path, ending):
    _, file = made(upload(written(tmp_path, ending, colours(64, 64))), output_format="webp")

    assert (file.facts.width_px, file.facts.height_px) == (64, 64)


@pytest.mark.parametrize("name", ["Mein Bild.jpeg", "Mein Bild", "../../Mein Bild.x"])
def test_a_file_name_may_be_given(made, tmp_path, name):
    _, file = made(upload(written(tmp_path, "png")), output_format="webp", filename=name)

    assert file.name == "Mein-Bild.webp"


@pytest.mark.parametrize(
    ("fit", "size"),
    [
        ("cover", (20, 20)),
        ("contain", (20, 20)),
        ("fill", (20, 20)),
        ("inside", (20, 13)),
        ("outside", (30, 20)),
    ],
)
def test_each_fit_gives_its_size(made, tmp_path, fit, size):
    raw = {"output_format": "png", "width": 20, "height": 20, "fit": fit}

    output, _ = made(upload(written(tmp_path, "png")), **raw)

    assert (output.facts["width"], output.facts["height"]) == size


def test_an_animation_stays_animated(made, tmp_path):
    output, file = made(upload(animation(tmp_path, "gif")), output_format="webp")

    assert output.facts["frames"] == 4
    with Image.open(file.path) as image:
        assert image.n_frames == 4


def test_lossless_keeps_every_pixel(made, tmp_path):
    _, file = made(upload(written(tmp_path, "png")), output_format="webp", lossless=True)

    assert np.array_equal(media.decode(file.path, limit_px=10_000).pixels, colours())


def test_quality_makes_a_difference(made, tmp_path):
    noise = np.random.default_rng(1).integers(0, 255, (64, 64, 3), np.uint8)
    image = upload(written(tmp_path, "png", noise))
    sizes = []
    for quality in (10, 95):
        (tmp_path / str(quality)).mkdir()
        read = image_convert.read({"image": image, "output_format": "jpeg", "quality": quality})
        output = image_convert.run(FolderContext(tmp_path / str(quality)), read)
        sizes.append(output.files[0].made().bytes)

    assert sizes[0] < sizes[1] / 2


@pytest.mark.parametrize(
    ("raw", "word"),
    [
        ({"output_format": "jpeg", "lossless": True}, "lossless"),
        ({"output_format": "png", "quality": 50}, "quality"),
        ({"output_format": "gif", "quality": 50}, "quality"),
    ],
)
def test_what_a_format_cannot_do_is_told(made, tmp_path, raw, word):
    output, _ = made(upload(written(tmp_path, "png")), **raw)

    assert word in output.warnings[0]


def test_the_place_never_stays(made, tmp_path):
    exif = Image.Exif()
    exif[0x010F], exif[0x8825] = "Maker", {1: "N", 2: (48.0, 8.0, 0.0)}
    image = upload(written(tmp_path, "jpeg", exif=exif))

    _, file = made(image, output_format="jpeg", strip_metadata=False)

    with Image.open(file.path) as converted:
        assert converted.getexif()[0x010F] == "Maker"
        assert not converted.getexif().get_ifd(0x8825)


@pytest.mark.parametrize(
    ("hostile", "error"),
    [
        (png_bomb, TooLarge),
        (lambda folder: lying_png(folder, 50_000, 50_000), TooLarge),
        (lambda folder: lying_png(folder, 500, 500), BrokenMedia),
        (lambda folder: truncated(written(folder, "jpeg")), BrokenMedia),
        (lambda folder: truncated(written(folder, "png")), BrokenMedia),
    ],
)
def test_hostile_files_are_refused(made, tmp_path, hostile, error):
    with pytest.raises(error):
        made(upload(hostile(tmp_path)), output_format="png")


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ({}, "output_format"),
        ({"output_format": "psd"}, "output_format"),
        ({"output_format": "png", "width": 0}, "width"),
        ({"output_format": "png", "height": 16_385}, "height"),
        ({"output_format": "png", "quality": 101}, "quality"),
        ({"output_format": "png", "fit": "squeeze"}, "fit"),
    ],
)
def test_what_is_out_of_range_is_refused_by_name(made, tmp_path, raw, field):
    with pytest.raises(InvalidInput) as told:
        made(upload(written(tmp_path, "png")), **raw)
    assert told.value.field == field
