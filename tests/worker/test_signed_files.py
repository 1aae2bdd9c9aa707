"""What a real worker makes carries credentials that hold, and says what went in."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from appliance import media
from appliance.adapters import certificate
from appliance.core.operation import PictureFormat
from appliance.core.picture import Picture
from appliance.core.provenance import Origin
from appliance.worker.files import Naming, encode
from tests.worker.conftest import Running

IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"


def made(running: Running, path: str, body: dict[str, Any]) -> list[Path]:
    """The files of a job that completes, as they were published."""
    job = running.client.post(path, body).json["data"]["id"]
    data = running.client.ended(job)
    assert data["status"] == "completed", data
    folder = running.appliance.home / "data" / "outputs" / job.removeprefix("job_")
    return sorted(each for each in folder.rglob("*") if each.is_file())


def told(running: Running, path: Path) -> tuple[str, dict[str, Any]] | None:
    """How far it is believed, and its own manifest."""
    anchors = certificate.anchors(running.appliance.home / "data" / "signing")
    found = media.credentials(path, "image/png", anchors)
    return found and (found["validation_state"], found["manifests"][found["active_manifest"]])


def photo(running: Running) -> dict[str, str]:
    content = (running.media / "apple.png").read_bytes()
    return {"image_base64": base64.b64encode(content).decode(), "filename": "apple.png"}


def drawn(running: Running) -> dict[str, str]:
    """A generated picture, sent as a file of one's own."""
    (path,) = made(running, "/api/v1/generate", {"prompt": "a mug", "steps": 2})
    return {"image_base64": base64.b64encode(path.read_bytes()).decode(), "filename": "mug.png"}


def test_an_enlarged_photo_is_signed_with_the_photo_as_its_parent(running: Running) -> None:
    (path,) = made(running, "/api/v1/operations/image.upscale", photo(running))

    state, manifest = told(running, path) or ("", {})

    assert state == "Trusted"
    (parent,) = manifest["ingredients"]
    assert (parent["relationship"], parent["title"]) == ("parentOf", "apple.png")
    actions = next(each for each in manifest["assertions"] if "actions" in each["label"])
    edited = actions["data"]["actions"][-1]
    assert edited["digitalSourceType"] == f"{IPTC}compositeWithTrainedAlgorithmicMedia"


def test_a_tool_without_a_model_signs_nothing(running: Running) -> None:
    body = {**photo(running), "width": 40}
    (path,) = made(running, "/api/v1/operations/tools.image_resize", body)

    assert told(running, path) is None


@pytest.mark.parametrize(
    ("operation", "more"),
    [
        ("product.process", {}),
        ("tools.image_resize", {"width": 40}),
        ("tools.image_convert", {"output_format": "webp"}),
        ("tools.image_compress", {"target_kb": 40}),
        ("tools.metadata", {"action": "strip"}),
    ],
)
def test_a_generated_picture_stays_one_whatever_is_done_to_it(
    running: Running, operation: str, more: dict[str, Any]
) -> None:
    (path,) = made(running, f"/api/v1/operations/{operation}", {**drawn(running), **more})

    assert media.generated_as(path, limit_px=10_000_000) == "trainedAlgorithmicMedia"
    assert path.stat().st_size <= 1000 * more.get("target_kb", 2000)


def test_whoever_strips_a_generated_picture_is_told_that_it_keeps_saying_so(
    running: Running,
) -> None:
    body = {**drawn(running), "action": "strip"}
    job = running.client.post("/api/v1/operations/tools.metadata", body).json["data"]["id"]

    assert (
        "The picture was generated, and goes on saying so." in running.client.ended(job)["warnings"]
    )


def test_where_a_label_has_no_place_the_picture_is_signed(running: Running) -> None:
    body = {**drawn(running), "output_format": "avif"}
    (path,) = made(running, "/api/v1/operations/tools.image_convert", body)

    anchors = certificate.anchors(running.appliance.home / "data" / "signing")
    found = media.credentials(path, "image/avif", anchors)

    assert found is not None
    assert found["validation_state"] == "Trusted"
    assert f"{IPTC}trainedAlgorithmicMedia" in json.dumps(found)


@pytest.mark.parametrize("format", ["png", "jpeg", "webp", "avif"])
def test_a_picture_made_twice_has_the_same_pixels_signed_or_not(tmp_path, format) -> None:
    origin = Origin(
        f"{IPTC}trainedAlgorithmicMedia",
        {"Software": "Studio Appliance 1", "Operation": "image.generate"},
    )
    signer = certificate.own_signer(tmp_path / "signing", datetime.now(UTC))
    picture = Picture(np.random.default_rng(7).integers(0, 255, (64, 64, 3), np.uint8))
    form = PictureFormat(format)

    for name in "abc":
        (tmp_path / name).mkdir()
    twice = [encode(Naming(tmp_path / n, origin, signer), picture, "mug", form) for n in "ab"]
    plain = encode(Naming(tmp_path / "c", origin), picture, "mug", form)

    pixels = [media.decode(each.path, limit_px=10_000).pixels for each in (*twice, plain)]
    assert np.array_equal(pixels[0], pixels[1])
    assert np.array_equal(pixels[0], pixels[2])
    assert media.credentials(plain.path, plain.mime) is None
    found = media.credentials(twice[0].path, twice[0].mime)
    assert found is not None
    assert found["validation_state"] == "Valid"
