"""tools.metadata, from an upload to a file."""

from __future__ import annotations

import json

import pytest
from PIL import Image

from appliance import media
from appliance.core.errors import InvalidInput
from appliance.operations.tools.metadata import metadata
from tests.support.context import FolderContext
from tests.support.media import colours, upload, written


@pytest.fixture
def made(tmp_path):
    """(output, its one file) of an upload and raw parameters."""

    def make(image, **raw):
        output = metadata.run(FolderContext(tmp_path), metadata.read({"image": image, **raw}))
        return output, output.files[0].made()

    return make


@pytest.fixture
def photo(tmp_path):
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "Maker", 6
    exif[0x8825] = {1: "N", 2: (48.0, 8.0, 0.0), 3: "E", 4: (11.0, 30.0, 0.0)}
    return upload(written(tmp_path, "jpeg", colours(40, 20), exif=exif), "Foto.jpg")


def test_read_gives_json_with_the_place_and_facts_without(made, photo):
    output, file = made(photo)

    told = json.loads(file.path.read_text())
    assert (file.name, file.mime) == ("Foto.json", "application/json")
    assert told["gps"]["longitude"] == 11.5
    assert output.facts == {
        "action": "read",
        "mime": "image/jpeg",
        "width": 20,
        "height": 40,
        "frames": 1,
        "parts": ["exif", "gps"],
    }


def test_strip_leaves_the_picture(made, photo):
    _, file = made(photo, action="strip")

    told = media.read_metadata(file.path, limit_px=10**6)
    assert file.name == "Foto.jpg"
    assert told["exif"] == {"Orientation": 6}
    assert "gps" not in told


def test_write_puts_words_in(made, photo):
    _, file = made(photo, action="write", title="Taza", keywords=["a", "b"])

    told = media.read_metadata(file.path, limit_px=10**6)
    assert told["xmp"] == {"dc:title": "Taza", "dc:subject": ["a", "b"]}
    assert told["exif"]["Make"] == "Maker"


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ({"action": "write"}, "title"),
        ({"action": "read", "author": "Ada"}, "author"),
        ({"action": "strip", "keywords": ["a"]}, "keywords"),
        ({"action": "write", "keywords": [""]}, "keywords"),
        ({"action": "write", "keywords": ["x" * 101]}, "keywords"),
        ({"action": "write", "title": "x" * 201}, "title"),
    ],
)
def test_what_does_not_go_together_is_refused_by_name(made, photo, raw, field):
    with pytest.raises(InvalidInput) as told:
        made(photo, **raw)
    assert told.value.field == field
