"""How often a request writes: once at most to submit, never to look. Counted by SQLite itself."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient

from appliance.core.abilities.text_to_image import TEXT_TO_IMAGE
from appliance.operations import discover
from appliance.services.access import accounts, keys
from appliance.services.access.wishes import KeyWish
from appliance.services.box import Box
from appliance.web.app import create_app
from tests.support.box import alive, claim, opened_box, put_model
from tests.support.clock import FrozenClock
from tests.unit.services.files.test_uploads import png

PHOTO = base64.b64encode(png(64, 64)).decode()
CONVERT = "/api/v1/operations/tools.image_convert"
SUBMISSIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "jobs": ("/api/v1/generate", {"prompt": "a kettle"}),
    "wallet": ("/api/v1/image/generate", {"prompt": "a kettle", "model": "nano-banana-2"}),
    "tools": ("/api/v1/tools/qr", {"text": "hello"}),
    "product": ("/api/v1/process", {"image_base64": PHOTO}),
    "studio": ("/api/generate/image", {"prompt": "a kettle"}),
    "a file": (CONVERT, {"image_base64": PHOTO, "output_format": "webp"}),
    "two files": ("/api/v1/tools/qr", {"text": "hello", "logo_base64": PHOTO}),
}
_OPENS = re.compile(r"\s*(BEGIN|SAVEPOINT)\b", re.IGNORECASE)
_WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE|REPLACE)\b", re.IGNORECASE)


@dataclass
class Counting:
    """A web process in this thread, whose statements are written down."""

    box: Box
    client: FlaskClient
    secret: str
    said: list[str]

    def ask(self, method: str, path: str, **options: Any) -> Any:
        headers = {
            "Authorization": f"Bearer {self.secret}",
            "Prefer": "respond-async",
            **options.pop("headers", {}),
        }
        self.said.clear()
        return self.client.open(path, method=method, headers=headers, **options)

    @property
    def transactions(self) -> int:
        """Write transactions of the last request; one that a statement opens by itself counts."""
        opened = [each for each in self.said if _OPENS.match(each)]
        writes = [each for each in self.said if _WRITES.match(each)]
        return len(opened) or len(writes)


@pytest.fixture
def counting(tmp_path) -> Iterator[Counting]:
    rates = {f"rates__{name}": "10000 per 1 minute" for name in ("generation", "management")}
    with opened_box(tmp_path, catalogue=discover(), clock=FrozenClock(), **rates) as box:
        alive(box)
        put_model(box, "painter", ability=TEXT_TO_IMAGE.name)
        secret = keys.create_key(box, accounts.operator(box).account, KeyWish("writer")).secret
        said: list[str] = []
        box.db.peewee.connection().set_trace_callback(said.append)
        counting = Counting(box, create_app(box).test_client(), secret, said)
        counting.ask("POST", "/api/v1/ping")  # writes when the key was last used
        yield counting


@pytest.mark.parametrize("submission", SUBMISSIONS)
def test_a_submission_is_one_transaction(counting, submission):
    path, body = SUBMISSIONS[submission]

    answer = counting.ask("POST", path, json=body)

    assert answer.status_code == 202, answer.json
    assert counting.transactions == 1


@pytest.mark.parametrize("submission", SUBMISSIONS)
def test_a_replay_a_dry_run_and_a_refusal_are_none_and_keep_no_file(counting, submission):
    path, body = SUBMISSIONS[submission]
    key = {"Idempotency-Key": "k"}
    counting.ask("POST", path, json=body, headers=key)
    kept = {*counting.box.home.uploads.iterdir()}

    for asked, status in (
        ({"json": body, "headers": key}, 202),
        ({"json": body | {"dry_run": True}}, 200),
        ({"json": body | {"nonsense": 1}, "headers": key}, 422),
        ({"json": {"text": "other", "prompt": "b"}, "headers": key}, 422),
    ):
        answer = counting.ask("POST", path, **asked)
        assert answer.status_code in (status, 400), answer.json
        assert counting.transactions == 0
    assert {*counting.box.home.uploads.iterdir()} == kept


def test_an_estimate_is_none(counting):
    body = {"route": CONVERT, "params": {"image_base64": PHOTO, "output_format": "webp"}}

    answer = counting.ask("POST", "/api/v1/estimate", json=body)

    assert answer.status_code == 200, answer.json
    assert counting.transactions == 0
    assert not [*counting.box.home.uploads.iterdir()]


def test_an_upload_is_one(counting):
    answer = counting.ask("POST", "/api/v1/uploads", data={"file": (io.BytesIO(png()), "a.png")})

    assert answer.status_code == 201, answer.json
    assert counting.transactions == 1


def test_a_refused_upload_is_none_and_keeps_no_file(counting):
    data = {"file": (io.BytesIO(png()), "a.png"), "nonsense": "1"}

    assert counting.ask("POST", "/api/v1/uploads", data=data).status_code == 422
    assert counting.transactions == 0
    assert not [*counting.box.home.uploads.iterdir()]


def test_cancelling_is_one(counting):
    path, body = SUBMISSIONS["tools"]
    answer = counting.ask("POST", path, json=body)

    counting.ask("DELETE", f"/api/v1/jobs/{answer.json['status_url'].rpartition('/')[2]}")

    assert counting.transactions == 1


def test_no_poll_writes_whatever_the_job_does(counting):
    answer = counting.ask("POST", CONVERT, json=SUBMISSIONS["a file"][1])
    job = answer.json["data"]["id"]
    for prepare in (lambda: None, lambda: claim(counting.box)):
        prepare()
        for path in (f"/api/v1/jobs/{job}", f"/api/v1/jobs/{job}?wait=0", f"/api/jobs?id={job}"):
            polled = counting.ask("GET", path)
            assert polled.status_code == 200
            assert counting.transactions == 0
            etag = polled.headers.get("ETag", "")
            assert counting.ask("GET", path, headers={"If-None-Match": etag}).status_code in (
                200,
                304,
            )
            assert counting.transactions == 0


def test_nothing_that_is_read_writes(counting):
    rules = [
        rule
        for rule in counting.client.application.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.arguments
    ]
    assert {"/api/v1/jobs", "/api/jobs", "/api/v1/balance"} <= {rule.rule for rule in rules}

    for rule in rules:
        counting.ask("GET", rule.rule).close()
        assert (rule.rule, counting.transactions) == (rule.rule, 0)


def test_when_a_key_was_last_used_is_written_once_a_minute_and_nothing_else(counting):
    """The one exception: a request a minute and key writes, whatever it asks."""
    written = []
    for _ in range(4):
        counting.box.clock.step(seconds=40)
        alive(counting.box)
        counting.ask("POST", "/api/v1/ping")
        written.append([each for each in counting.said if _WRITES.match(each)])

    assert [len(each) for each in written] == [0, 1, 0, 1]
    assert all(each[0].startswith("UPDATE api_key SET last_used_at") for each in written if each)
