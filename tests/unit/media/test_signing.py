from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from appliance import media
from appliance.adapters import certificate
from appliance.core.content_credentials import Signer, manifest
from appliance.core.errors import ProcessingFailed
from appliance.core.files import Facts, Kind, Upload
from appliance.core.provenance import Origin
from tests.support.media import ENDINGS, written

MIMES = {
    "png": "image/png",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "avif": "image/avif",
    "heic": "image/heic",
    "tiff": "image/tiff",
    "gif": "image/gif",
}
SOUNDS = {"wav": "audio/wav", "mp3": "audio/mpeg", "flac": "audio/flac"}
SOURCE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
ORIGIN = Origin(SOURCE, {"Software": "Studio Appliance 1.2", "Operation": "image.generate"})


@pytest.fixture(scope="module")
def keys(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("signing")
    certificate.own_signer(folder, datetime.now(UTC))
    return folder


@pytest.fixture
def signer(keys) -> Signer:
    kept = certificate.kept_signer(keys)
    assert kept is not None
    return kept


def upload(path: Path, mime: str) -> Upload:
    size = path.stat().st_size
    return Upload("upl_1", path, path.name, mime, Kind.IMAGE, size, "", Facts())


def signed(path: Path, mime: str, signer: Signer, *inputs: Upload) -> dict:
    media.sign(
        path, mime, manifest(ORIGIN, path.name, [each.name for each in inputs]), inputs, signer
    )
    found = media.credentials(path, mime)
    assert found is not None
    active: dict = found["manifests"][found["active_manifest"]]
    return active


def actions(told: dict) -> list[dict]:
    found = [each for each in told["assertions"] if each["label"].startswith("c2pa.actions")]
    done: list[dict] = found[0]["data"]["actions"]
    return done


def pixels(path: Path) -> np.ndarray:
    return media.decode(path, limit_px=10_000_000).pixels


def state(path: Path, mime: str, keys: Path) -> str | None:
    found = media.credentials(path, mime, certificate.anchors(keys))
    return found and found["validation_state"]


@pytest.mark.parametrize("ending", sorted(MIMES.keys() & set(ENDINGS)))
def test_a_picture_tells_who_made_it_and_its_pixels_stay(tmp_path, ending, keys, signer):
    path, mime = written(tmp_path, ending), MIMES[ending]
    before = pixels(path)

    told = signed(path, mime, signer)

    assert state(path, mime, keys) == "Trusted"
    assert told["claim_generator_info"][0]["name"] == "Studio Appliance"
    (action,) = actions(told)
    assert (action["action"], action["digitalSourceType"]) == ("c2pa.created", SOURCE)
    assert np.array_equal(pixels(path), before)
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".")] == []


def sound(folder: Path, name: str, *options: str) -> Path:
    path = folder / name
    made = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=d=0.2", *options, str(path)]
    subprocess.run(made, check=True)
    return path


@pytest.mark.parametrize("ending", SOUNDS)
def test_a_sound_tells_it_too(tmp_path, ending, keys, signer):
    path = sound(tmp_path, f"voice.{ending}")

    signed(path, SOUNDS[ending], signer)

    assert state(path, SOUNDS[ending], keys) == "Trusted"


def test_a_film_tells_it_too(tmp_path, keys, signer):
    picture = ("-f", "lavfi", "-i", "testsrc=d=0.2:s=64x64", "-pix_fmt", "yuv420p", "-shortest")
    path = sound(tmp_path, "film.mp4", *picture)

    signed(path, "video/mp4", signer)

    assert state(path, "video/mp4", keys) == "Trusted"


def test_a_file_that_was_changed_does_not_hold(tmp_path, keys, signer):
    path = written(tmp_path, "png")
    signed(path, "image/png", signer)
    content = bytearray(path.read_bytes())
    content[-30] ^= 0xFF
    path.write_bytes(content)

    assert state(path, "image/png", keys) == "Invalid"


def test_another_box_is_not_trusted_but_holds(tmp_path, signer):
    path = written(tmp_path, "png")
    signed(path, "image/png", signer)
    certificate.own_signer(tmp_path / "other", datetime.now(UTC))

    assert state(path, "image/png", tmp_path / "other") == "Valid"


def test_a_file_without_credentials_has_none(tmp_path):
    assert media.credentials(written(tmp_path, "png"), "image/png") is None


def test_what_went_in_is_part_of_it_with_what_it_told_itself(tmp_path, signer):
    photo, logo = written(tmp_path, "jpeg"), written(tmp_path, "webp")
    first = signed(photo, "image/jpeg", signer)

    given = upload(photo, "image/jpeg"), upload(logo, "image/webp")
    told = signed(written(tmp_path, "png"), "image/png", signer, *given)

    parent, other = told["ingredients"]
    assert (parent["relationship"], parent["title"]) == ("parentOf", photo.name)
    assert (other["relationship"], other["title"]) == ("componentOf", logo.name)
    assert parent["active_manifest"] == first["label"]
    assert [each["action"] for each in actions(told)] == [
        "c2pa.opened",
        "c2pa.placed",
        "c2pa.edited",
    ]


@pytest.mark.parametrize("content", [b"", b"no picture at all", b"\xff\xd8\xff\xe0" * 50])
def test_an_input_that_nobody_can_read_is_named_all_the_same(tmp_path, signer, content):
    photo = tmp_path / "broken.jpg"
    photo.write_bytes(content)

    for mime in ("image/jpeg", "image/x-unheard-of"):
        told = signed(written(tmp_path, "png"), "image/png", signer, upload(photo, mime))
        assert [each["title"] for each in told["ingredients"]] == ["broken.jpg"]


def test_a_certificate_whose_time_is_over_signs_nothing(tmp_path):
    old = certificate.own_signer(tmp_path / "old", datetime(2001, 1, 1, tzinfo=UTC))
    path = written(tmp_path, "png")
    before = path.read_bytes()

    with pytest.raises(ProcessingFailed, match="could not be signed"):
        signed(path, "image/png", old)

    assert path.read_bytes() == before
    assert len([*tmp_path.iterdir()]) == 2


def test_signing_adds_a_few_kilobytes_and_no_picture_of_the_picture(tmp_path, signer):
    path = written(tmp_path, "png")
    size = path.stat().st_size

    signed(path, "image/png", signer)

    assert path.stat().st_size - size < 5000
