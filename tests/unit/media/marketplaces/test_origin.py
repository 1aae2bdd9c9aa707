from __future__ import annotations

import pytest
from PIL import Image, PngImagePlugin

from appliance.media.marketplaces.origin import ai_label, generated_as, signs, source_type
from appliance.media.provenance import describe, xmp_packet
from tests.support.media import written

IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"


def labelled(folder, kind, ending="jpeg"):
    path = written(folder, ending)
    describe(path, f"image/{ending}", {}, xmp_packet(IPTC + kind, {}))
    return path


@pytest.mark.parametrize("ending", ["jpeg", "png", "webp"])
def test_a_source_type_is_read_from_every_format_that_holds_it(tmp_path, ending):
    assert generated_as(labelled(tmp_path, "trainedAlgorithmicMedia", ending), limit_px=9999) == (
        "trainedAlgorithmicMedia"
    )


def test_a_photo_that_was_only_worked_on_is_not_generated(tmp_path):
    assert generated_as(labelled(tmp_path, "algorithmicallyEnhanced"), limit_px=9999) == ""


def test_settings_of_a_generator_count_as_generated(tmp_path):
    info = PngImagePlugin.PngInfo()
    info.add_text("parameters", "a red kettle, Steps: 20, Sampler: Euler")
    Image.new("RGB", (20, 20)).save(tmp_path / "made.png", pnginfo=info)

    assert generated_as(tmp_path / "made.png", limit_px=9999) == "trainedAlgorithmicMedia"


def test_what_is_no_picture_tells_nothing(tmp_path):
    (tmp_path / "notes.txt").write_text("Midjourney")

    assert generated_as(tmp_path / "notes.txt", limit_px=9999) == ""


@pytest.mark.parametrize(
    ("told", "label"),
    [
        ({}, "none needed"),
        ({"exif": {"Software": "Adobe Photoshop 27"}}, "none needed"),
        ({"exif": {"Software": "Stable Diffusion"}}, "missing"),
        ({"xmp": {"xmp:CreatorTool": "ComfyUI"}}, "missing"),
        ({"iptc": {"credit": "Made with Midjourney"}}, "missing"),
        ({"text": {"workflow": "{}"}}, "missing"),
        ({"text": {"Parameters": "{}", "Operation": "product.process"}}, "none needed"),
        ({"xmp": {"Iptc4xmpExt:DigitalSourceType": IPTC + "trainedAlgorithmicMedia"}}, "kept"),
        (
            {
                "text": {"prompt": "x"},
                "xmp": {"e:DigitalSourceType": IPTC + "compositeSynthetic/"},
            },
            "kept",
        ),
    ],
)
def test_a_label_is_missing_only_where_the_file_says_elsewhere_that_it_is_generated(told, label):
    assert ai_label(told) == label


def test_signs_name_where_they_were_found():
    told = {"text": {"prompt": "x"}, "exif": {"UserComment": "DALL-E 3"}}

    assert signs(told) == ("text prompt", "EXIF UserComment")
    assert source_type(told) == ""
