"""The format of a changed picture."""

from __future__ import annotations

import pytest

from appliance.core.errors import UnsupportedMedia
from appliance.media.pictures.same_format import same_format
from tests.support.media import colours, written


@pytest.mark.parametrize("form", ["png", "jpeg", "webp", "avif", "gif", "tiff", "bmp"])
def test_what_we_write_stays(tmp_path, form):
    assert same_format(written(tmp_path, form)) == (form, ())


@pytest.mark.parametrize(
    ("ending", "alpha", "form"),
    [("heic", False, "jpeg"), ("heic", True, "png"), ("svg", False, "png"), ("ico", True, "png")],
)
def test_what_we_do_not_write_becomes_another_and_is_told(tmp_path, ending, alpha, form):
    found, warnings = same_format(written(tmp_path, ending, colours(alpha=alpha)))

    assert found == form
    assert form.upper() in warnings[0]


def test_a_wish_is_taken_as_it_is(tmp_path):
    assert same_format(written(tmp_path, "heic"), "avif") == ("avif", ())


def test_what_is_no_picture_is_refused(tmp_path):
    (tmp_path / "words").write_text("words")

    with pytest.raises(UnsupportedMedia):
        same_format(tmp_path / "words")
