"""Files from addresses, through a route of every family that takes files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from appliance.adapters import outbound
from appliance.core.abilities.upscaler import UPSCALER
from appliance.operations import discover
from appliance.services.access import accounts, keys
from appliance.services.access.wishes import KeyWish
from appliance.services.box import Box
from appliance.web.app import create_app
from tests.support.box import alive, opened_box, put_model
from tests.support.clock import FrozenClock
from tests.support.file_server import FileServer, serving_files
from tests.support.receiver import LOOPBACK
from tests.unit.services.files.test_uploads import png

ROUTES: dict[str, tuple[str, dict[str, Any], str]] = {
    "jobs": ("/api/v1/enhance", {"op": "upscale"}, "image_url"),
    "tools": ("/api/v1/tools/image-convert", {"output_format": "webp"}, "image_url"),
    "product": ("/api/v1/process", {}, "image_url"),
    "native": ("/api/v1/operations/tools.image_convert", {"output_format": "webp"}, "imageUrl"),
    "studio": ("/api/upload/image", {}, "file"),
    "uploads": ("/api/v1/uploads", {}, "file"),
}


@dataclass
class Asking:
    box: Box
    client: Any
    secret: str
    outside: FileServer

    def post(self, family: str, file: str, **headers: str) -> Any:
        path, body, field = ROUTES[family]
        usual = {"Authorization": f"Bearer {self.secret}", "Prefer": "respond-async"}
        return self.client.post(path, json={**body, field: file}, headers={**usual, **headers})


@pytest.fixture
def asking(tmp_path, monkeypatch) -> Iterator[Asking]:
    monkeypatch.setattr(outbound, "_NEVER", ())
    monkeypatch.setattr(outbound, "own_addresses", frozenset)
    settings = {**LOOPBACK, "limits__small_upload_bytes": 2000, "limits__upload_bytes": 2000}
    with (
        opened_box(tmp_path, catalogue=discover(), clock=FrozenClock(), **settings) as box,
        serving_files({"/a.png": png(64, 64), "/large.png": png() + b"\0" * 3000}) as outside,
    ):
        alive(box)
        put_model(box, "upscaler", ability=UPSCALER.name)
        put_model(box, "person", ability="image.person_mask")
        secret = keys.create_key(box, accounts.operator(box).account, KeyWish("f")).secret
        yield Asking(box, create_app(box).test_client(), secret, outside)


@pytest.mark.parametrize("family", ROUTES)
def test_every_family_takes_a_file_from_an_address(asking, family):
    reply = asking.post(family, f"{asking.outside.base}/a.png")

    assert reply.status_code in (200, 201, 202), reply.json
    assert asking.outside.asked == ["/a.png"]
    assert asking.box.db.row("SELECT name, mime FROM upload") == ("a.png", "image/png")


@pytest.mark.parametrize("family", ROUTES)
@pytest.mark.parametrize(
    ("path", "statuses"), [("/missing.png", (400, 422)), ("/large.png", (413,))]
)
def test_a_file_that_cannot_be_had_is_the_callers_fault(asking, family, path, statuses):
    reply = asking.post(family, asking.outside.base + path)

    assert reply.status_code in statuses, reply.json
    assert asking.box.db.row("SELECT count(*) FROM upload") == (0,)
    assert not [*asking.box.home.uploads.iterdir()]
    assert not [*(asking.box.home.tmp / "arrivals").iterdir()]


@pytest.mark.parametrize("family", ROUTES)
def test_nothing_is_fetched_for_whom_the_door_is_shut(asking, family):
    reply = asking.post(family, f"{asking.outside.base}/a.png", Authorization="Bearer nonsense")

    assert reply.status_code == 401
    assert asking.outside.asked == []


def test_the_same_bytes_from_an_address_are_the_same_request(asking):
    key = {"Idempotency-Key": "one"}
    first, again = (asking.post("native", f"{asking.outside.base}/a.png", **key) for _ in range(2))
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json["data"]["id"] == first.json["data"]["id"]

    asking.outside.files["/a.png"] = png(32, 32)
    other = asking.post("native", f"{asking.outside.base}/a.png", **key)

    assert other.status_code == 422
    assert asking.box.db.row("SELECT count(*) FROM upload") == (1,)
