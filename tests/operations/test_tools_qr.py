"""tools.qr, from parameters to a file that scans."""

from __future__ import annotations

import numpy as np
import pytest
import zxingcpp

from appliance import media
from appliance.core.errors import InvalidInput
from appliance.operations.tools.qr import qr
from tests.support.context import FolderContext
from tests.support.media import colours, upload, written


@pytest.fixture
def made(tmp_path):
    """(output, its one file) of raw parameters."""

    def make(**raw):
        output = qr.run(FolderContext(tmp_path), qr.read(raw))
        return output, output.files[0].made()

    return make


def scanned(file) -> str:
    pixels = media.decode(file.path, limit_px=20_000_000).pixels[..., :3]
    return zxingcpp.read_barcodes(np.ascontiguousarray(pixels))[0].text


@pytest.mark.parametrize(
    ("form", "mime"),
    [("png", "image/png"), ("webp", "image/webp"), ("svg", "image/svg+xml")],
)
def test_the_file_scans_and_is_of_the_kind_asked_for(made, form, mime):
    output, file = made(text="https://example.com/ñ", output_format=form, filename="mi código.png")

    assert scanned(file) == "https://example.com/ñ"
    assert (file.mime, file.name) == (mime, f"mi-codigo.{form}")
    assert output.warnings == ()


def test_usual_parameters_give_a_png_of_1024_pixels(made):
    output, file = made(text="hello")

    assert (file.name, file.facts.width_px, file.facts.height_px) == ("qr.png", 1024, 1024)
    assert output.facts == {"version": 1, "modules": 21, "error_correction": "H"}


def test_a_pdf_is_made(made):
    _, file = made(text="hello", output_format="pdf")

    assert file.mime == "application/pdf"
    assert file.path.read_bytes().startswith(b"%PDF")


def test_a_logo_is_laid_on_and_the_code_still_scans(made, tmp_path):
    logo = upload(written(tmp_path, "jpeg", colours(120, 120)))

    output, file = made(text="https://example.com/shop", logo=logo, error_correction="L")

    assert scanned(file) == "https://example.com/shop"
    assert output.facts["error_correction"] in "QH"


def test_low_contrast_is_warned_of(made):
    output, _ = made(text="hello", foreground="#CCCCCC")

    assert "scanners" in output.warnings[0]


def test_more_bytes_than_a_code_holds_are_refused_though_the_characters_are_few(made):
    with pytest.raises(InvalidInput, match="2953 bytes") as told:
        made(text="漢" * 1000)
    assert told.value.field == "text"


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ({"text": ""}, "text"),
        ({"text": "a" * 2954}, "text"),
        ({"text": "a", "size": 63}, "size"),
        ({"text": "a", "margin": 65}, "margin"),
        ({"text": "a", "error_correction": "X"}, "error_correction"),
        ({"text": "a", "foreground": "red"}, "foreground"),
        ({"text": "a", "output_format": "bmp"}, "output_format"),
        ({"text": "a" * 2000, "size": 64}, "size"),
        ({"text": "a" * 2900, "error_correction": "H"}, "text"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(made, raw, field):
    with pytest.raises(InvalidInput) as told:
        made(**raw)
    assert told.value.field == field
