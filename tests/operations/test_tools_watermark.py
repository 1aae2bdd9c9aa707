"""tools.watermark, from an upload to a file."""

from __future__ import annotations

import numpy as np
import pytest

from appliance import media
from appliance.core.errors import InvalidInput
from appliance.operations.tools.watermark import watermark
from tests.support.context import FolderContext
from tests.support.media import upload, written

BLACK = np.zeros((120, 200, 3), np.uint8)


@pytest.fixture
def made(tmp_path):
    """(output, its one file) of an upload and raw parameters."""

    def make(image, **raw):
        output = watermark.run(FolderContext(tmp_path), watermark.read({"image": image, **raw}))
        return output, output.files[0].made()

    return make


@pytest.fixture
def photo(tmp_path):
    return upload(written(tmp_path, "png", BLACK))


def pixels(file):
    return media.decode(file.path, limit_px=10**6).pixels


def test_words_lie_at_the_bottom_right_in_their_colour(made, photo):
    _, file = made(photo, text="Ñandú", colour="#FF0000", opacity=1.0)

    seen = pixels(file)
    rows, columns = np.nonzero(seen[..., 0] > 200)
    assert columns.min() > 100
    assert rows.min() > 60
    assert not seen[..., 1:].any()


def test_a_picture_may_be_the_mark(made, photo, tmp_path):
    (tmp_path / "logo").mkdir()
    logo = upload(written(tmp_path / "logo", "webp", np.full((9, 9, 4), 255, np.uint8)))

    _, file = made(photo, watermark=logo, position="top-left", opacity=1.0, scale=0.5)

    seen = pixels(file)
    assert seen[30, 30].min() > 250
    assert not seen[:, 100:].any()


def test_tiles_lie_all_over(made, photo):
    seen = pixels(made(photo, text="A", tile=True, scale=0.1)[1])[..., 0] > 50

    assert seen[:, :60].any()
    assert seen[:, 140:].any()


@pytest.mark.parametrize("raw", [{}, {"text": "A", "watermark": True}])
def test_words_or_a_picture_are_needed(made, photo, raw):
    asked = {name: photo if value is True else value for name, value in raw.items()}

    with pytest.raises(InvalidInput, match="one of them"):
        made(photo, **asked)


def test_what_no_font_has_is_refused(made, photo):
    with pytest.raises(InvalidInput, match="no font"):
        made(photo, text="ไทย")
