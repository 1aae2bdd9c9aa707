"""Picture files without what they say besides their pixels."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageCms

from appliance.core.errors import BrokenMedia
from appliance.media.pictures.bare import STRIPS, bare
from tests.support.media import animation, colours, truncated, written

SECRET = b"Marienplatz"
KINDS = {"jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp"}


def talkative(folder, ending, turn=1):
    """A picture whose EXIF, XMP and comments all say the secret."""
    exif = Image.Exif()
    exif[0x010E], exif[0x0112] = SECRET.decode(), turn
    exif[0x8825] = {1: "N", 2: (48.0, 8.0, 0.0)}
    how = {
        "exif": exif,
        "icc_profile": ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
    }
    if ending != "png":
        how["xmp"] = b"<x>" + SECRET + b"</x>"
    if ending == "jpeg":
        how["comment"] = SECRET
    return written(folder, ending, colours(40, 20), **how)


def pixels(data):
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"))


@pytest.mark.parametrize("ending", KINDS)
def test_everything_said_is_gone_and_the_pixels_are_not(tmp_path, ending):
    data = talkative(tmp_path, ending).read_bytes()
    assert SECRET in data

    done = bare(data, KINDS[ending])

    assert SECRET not in done
    assert np.array_equal(pixels(done), pixels(data))
    with Image.open(io.BytesIO(done)) as image:
        assert len(image.getexif()) == 0
        assert image.info["icc_profile"]


@pytest.mark.parametrize("ending", KINDS)
@pytest.mark.parametrize("turn", [3, 6, 8])
def test_the_turn_stays_alone(tmp_path, ending, turn):
    done = bare(talkative(tmp_path, ending, turn).read_bytes(), KINDS[ending])

    with Image.open(io.BytesIO(done)) as image:
        assert dict(image.getexif()) == {0x0112: turn}
    assert SECRET not in done


def test_what_lies_behind_a_jpegs_end_is_gone(tmp_path):
    data = written(tmp_path, "jpeg", progressive=True).read_bytes()

    assert bare(data + b"a film of " + SECRET, "image/jpeg") == bare(data, "image/jpeg")


def test_iptc_is_gone(tmp_path):
    data = written(tmp_path, "jpeg").read_bytes()
    block = b"Photoshop 3.0\0" + SECRET
    told = data[:2] + b"\xff\xed" + (len(block) + 2).to_bytes(2, "big") + block + data[2:]

    assert SECRET not in bare(told, "image/jpeg")


def test_a_cmyk_jpeg_keeps_its_meaning(tmp_path):
    Image.fromarray(colours()).convert("CMYK").save(tmp_path / "a.jpeg")
    data = (tmp_path / "a.jpeg").read_bytes()

    assert np.array_equal(pixels(bare(data, "image/jpeg")), pixels(data))


@pytest.mark.parametrize("ending", ["png", "webp"])
def test_an_animation_keeps_moving(tmp_path, ending):
    done = bare(animation(tmp_path, ending).read_bytes(), KINDS[ending])

    with Image.open(io.BytesIO(done)) as image:
        assert image.n_frames == 4


@pytest.mark.parametrize("alpha", [True, False])
def test_transparency_stays(tmp_path, alpha):
    data = written(tmp_path, "webp", colours(alpha=alpha), lossless=True).read_bytes()

    with Image.open(io.BytesIO(bare(data, "image/webp"))) as image:
        assert image.mode == ("RGBA" if alpha else "RGB")


@pytest.mark.parametrize("ending", ["png", "webp"])
def test_a_file_that_is_cut_short_is_refused(tmp_path, ending):
    with pytest.raises(BrokenMedia):
        bare(truncated(written(tmp_path, ending)).read_bytes(), KINDS[ending])


def test_other_kinds_are_none_of_these():
    assert set(KINDS.values()) == STRIPS
    with pytest.raises(ValueError, match="image/gif"):
        bare(b"GIF89a", "image/gif")
