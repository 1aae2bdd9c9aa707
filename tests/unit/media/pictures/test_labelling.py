"""Writing words into files."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from appliance.core.errors import BrokenMedia, InvalidInput
from appliance.media.pictures.decode import decode
from appliance.media.pictures.labelling import label
from appliance.media.pictures.labels import Labels
from appliance.media.pictures.metadata import labels_of, read_metadata
from tests.support.media import animation, colours, truncated, written

LIMIT = 10**6
MUG = Labels("Taza", "Una taza", "Zoë", "© 2026 Zoë", ("taza", "azul"))
SAME = ("jpeg", "png", "webp")


@pytest.fixture
def target(tmp_path):
    return tmp_path / "target"


def photo(folder, ending):
    exif = Image.Exif()
    exif[0x010F], exif[0x0112], exif[0x8825] = "Maker", 6, {1: "N", 2: (48.0, 8.0, 0.0)}
    return written(folder, ending, colours(40, 20), exif=exif.tobytes())


@pytest.mark.parametrize("ending", [*SAME, "avif", "tiff", "heic"])
def test_words_come_back_and_the_place_does_not(tmp_path, target, ending):
    form, _ = label(photo(tmp_path, ending), target, MUG)

    told = read_metadata(target, limit_px=LIMIT)
    assert form == ("jpeg" if ending == "heic" else ending)
    assert labels_of(told) == MUG
    assert told["exif"]["Make"] == "Maker"
    assert told["exif"].get("Artist", "Zoë") == "Zoë"
    assert "gps" not in told
    assert (told["width"], told["height"]) == (20, 40)


@pytest.mark.parametrize("ending", SAME)
def test_the_pixels_stay_byte_for_byte(tmp_path, target, ending):
    source = photo(tmp_path, ending)

    label(source, target, MUG)

    before, after = (decode(path, limit_px=LIMIT).pixels for path in (source, target))
    assert np.array_equal(before, after)


@pytest.mark.parametrize("ending", SAME)
def test_what_is_not_named_stays_and_what_is_empty_goes(tmp_path, target, ending):
    label(photo(tmp_path, ending), target, MUG)
    again = tmp_path / "again"

    label(target, again, Labels(title="Otra", copyright="", keywords=()))

    found = labels_of(read_metadata(again, limit_px=LIMIT))
    assert found == Labels("Otra", "Una taza", "Zoë", None, ())


def test_an_animation_keeps_moving(tmp_path, target):
    label(animation(tmp_path, "webp"), target, MUG)

    with Image.open(target) as image:
        assert image.n_frames == 4


@pytest.mark.parametrize("ending", ["gif", "bmp"])
def test_what_holds_no_words_is_refused_with_a_way_out(tmp_path, target, ending):
    with pytest.raises(InvalidInput, match="convert") as told:
        label(written(tmp_path, ending), target, MUG)
    assert told.value.field == "image"


def test_exif_data_too_long_for_a_jpeg_make_room_for_the_words(tmp_path, target):
    exif = Image.Exif()
    exif[0x8769] = {0x9286: b"x" * 64_000}

    label(written(tmp_path, "jpeg", exif=exif), target, MUG)

    assert labels_of(read_metadata(target, limit_px=LIMIT)) == MUG


def test_a_damaged_file_is_not_handed_on(tmp_path, target):
    with pytest.raises(BrokenMedia):
        label(truncated(written(tmp_path, "jpeg", colours(200, 200))), target, MUG)
