"""The sound and video tools as the web process sees them: catalogue, prices, limits."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest

from appliance.operations import discover
from appliance.services.access import accounts, keys
from appliance.services.access.wishes import KeyWish
from appliance.web.app import create_app
from tests.support.box import alive, opened_box
from tests.support.boxes import movie

PRICES = {"audio-convert": "0.005", "audio-normalize": "0.005"}
TOOLS = (*PRICES, "video-convert", "video-trim", "video-thumbnail", "gif-make")
FORMS = {"audio-convert": {"output_format": "mp3"}}


class Desk:
    def __init__(self, box: Any) -> None:
        secret = keys.create_key(box, accounts.operator(box).account, KeyWish("test")).secret
        self.client, self.headers = create_app(box).test_client(), {"x-api-key": secret}
        self.box = box

    def post(self, path: str, form: dict[str, Any]) -> Any:
        return self.client.post(path, data=form, headers=self.headers)

    def send(self, content: bytes) -> Any:
        return self.post("/api/v1/uploads", {"file": (io.BytesIO(content), "a.mp4")})


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("films")
    rates = {"rates__management": "1000 per 1 minute"}
    with opened_box(folder, catalogue=discover(), **rates) as box:
        alive(box)
        yield Desk(box)


def test_the_catalogue_has_them_by_the_minute(desk):
    told = desk.client.get("/api/v1/tools", headers=desk.headers).json["tools"]

    found = {each["slug"]: each["pricing"] for each in told if each["slug"] in TOOLS}
    assert found == {
        slug: {"from_usd": PRICES.get(slug, "0.01"), "dynamic": True, "unit": "minute"}
        for slug in TOOLS
    }


@pytest.mark.parametrize("slug", TOOLS)
def test_a_dry_run_and_an_estimate_tell_the_price_of_an_uploaded_film(desk, slug):
    upload = desk.send(movie(90_000)).json["data"]["upload_id"]
    field = "audio" if slug in PRICES else "video"
    form = {field: upload, **FORMS.get(slug, {})}
    usd = {"0.005": "0.0075", "0.01": "0.015"}[PRICES.get(slug, "0.01")]

    dry = desk.post(f"/api/v1/tools/{slug}", {**form, "dry_run": "true"})
    wanted = {"route": f"/api/v1/tools/{slug}", "params": form}
    estimate = desk.client.post("/api/v1/estimate", json=wanted, headers=desk.headers)

    assert (dry.status_code, dry.json["usd"]) == (200, usd)
    assert (estimate.status_code, estimate.json["data"]["usd"]) == (200, usd)


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (movie(8_000_000), 413, "PAYLOAD_TOO_LARGE"),
        (movie(size=(20_000, 20_000)), 413, "PAYLOAD_TOO_LARGE"),
        (movie(content=b"x" * 999)[:-500], 422, "VALIDATION_ERROR"),
        (b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n", 415, "UNSUPPORTED_MEDIA_TYPE"),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", 415, "UNSUPPORTED_MEDIA_TYPE"),
        (b'<?xml version="1.0"?><MPD><Period/></MPD>', 415, "UNSUPPORTED_MEDIA_TYPE"),
        (b"", 422, "VALIDATION_ERROR"),
    ],
    ids=["too long", "too many pixels", "cut off", "m3u8", "concat", "mpd", "empty"],
)
def test_what_is_no_film_or_too_much_of_one_is_refused_and_nothing_is_kept(
    desk, content, status, code
):
    before = sorted(desk.box.home.uploads.iterdir())

    reply = desk.send(content)

    assert (reply.status_code, reply.json["error"]["code"]) == (status, code)
    assert sorted(desk.box.home.uploads.iterdir()) == before


def test_a_film_whose_length_nobody_tells_is_not_priced_by_a_guess(desk):
    upload = desk.send(movie(0)).json["data"]["upload_id"]

    reply = desk.post("/api/v1/tools/gif-make", {"video": upload})

    assert (reply.status_code, reply.json["error_code"]) == (422, "invalid_input")
    assert "charged by the minute" in reply.json["error"]
