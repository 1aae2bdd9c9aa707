"""No picture that leaves the box says where it was taken, and every one stands upright."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from appliance import media
from appliance.core.files import Upload
from appliance.operations import discover
from tests.support.context import FolderContext
from tests.support.media import colours, upload

_GPS, _ORIENTATION, _MAKER = 0x8825, 0x0112, 0x010F
_FORMATS = [each for each in media.WRITES if each != "pdf"]
# What an operation without weights needs besides its picture. Those with weights are handed pixels.
OPERATIONS = {
    **{f"tools.image_convert to {each}": {"output_format": each} for each in _FORMATS},
    "tools.image_compress": {},
    "tools.image_resize": {"width": 16},
    "tools.image_crop": {"x": 2, "y": 2, "width": 20, "height": 20},
    "tools.watermark": {"text": "studio"},
}


@pytest.fixture
def photo(tmp_path: Path) -> Upload:
    """A picture on its side, with a place."""
    exif = Image.Exif()
    exif[_ORIENTATION], exif[_MAKER] = 6, "Camera"
    exif.get_ifd(_GPS).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)})
    path = tmp_path / "photo.jpg"
    Image.fromarray(colours(48, 32)).save(path, "JPEG", exif=exif)
    assert place_of(path)
    return upload(path)


def place_of(path: Path) -> dict[int, object]:
    with Image.open(path) as image:
        return dict(image.getexif().get_ifd(_GPS))


def test_a_picture_is_decoded_upright(photo):
    assert media.decode(photo.path, limit_px=10**6).pixels.shape[:2] == (48, 32)


@pytest.mark.parametrize("name", OPERATIONS)
def test_no_output_says_where_a_picture_was_taken(tmp_path, photo, name):
    operation = discover()[name.partition(" ")[0]]

    output = operation.run(
        FolderContext(tmp_path), operation.read({"image": photo, **OPERATIONS[name]})
    )

    for file in output.files:
        made = file.made()
        assert place_of(made.path) == {}
        assert b"Camera" not in made.path.read_bytes()
        if not name.endswith(("crop", "ico")):  # those have shapes of their own
            height, width = media.decode(made.path, limit_px=10**6).pixels.shape[:2]
            assert width < height
