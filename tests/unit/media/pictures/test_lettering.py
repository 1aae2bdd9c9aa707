"""Words as pixels."""

from __future__ import annotations

import numpy as np
import pytest

from appliance.core.errors import InvalidInput
from appliance.media.pictures.lettering import lettering


@pytest.mark.parametrize("text", ["Muestra", "© Ñandú ¿Qué? €", "Привет", "Ελλάδα", "日本", "한국"])
def test_these_scripts_are_there(text):
    drawn = lettering(text, 64, "#FF8000")

    assert drawn.pixels.shape[2] == 4
    assert (drawn.pixels[..., :3] == (255, 128, 0)).all()
    assert drawn.pixels[..., 3].max() == 255


def test_letters_are_as_high_as_asked_for_and_cropped_to_their_ink():
    pixels = lettering("H", 100, "#000000").pixels

    assert 60 <= pixels.shape[0] <= 80
    for edge in (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]):
        assert edge[:, 3].any()


def test_a_line_break_begins_a_line():
    one, two = lettering("Ada", 64, "#000000"), lettering("Ada\nAda", 64, "#000000")

    assert two.width == one.width
    assert two.height > 2 * one.height


def test_composed_and_decomposed_letters_look_alike():
    both = [lettering(text, 40, "#000000").pixels for text in ("Ñ", "N\u0303")]

    assert np.array_equal(*both)


@pytest.mark.parametrize("text", ["हिन्दी", "سلام", "ไทย", "😀", "a\u0007b"])
def test_what_no_font_has_is_refused(text):
    with pytest.raises(InvalidInput, match="no font") as told:
        lettering(text, 64, "#000000")
    assert told.value.field == "text"


def test_a_question_mark_is_a_letter():
    assert lettering("?", 64, "#000000").width > 10


@pytest.mark.parametrize("text", ["   ", "\n", "\u2003"])
def test_nothing_to_see_is_refused(text):
    with pytest.raises(InvalidInput, match="seen"):
        lettering(text, 64, "#000000")
