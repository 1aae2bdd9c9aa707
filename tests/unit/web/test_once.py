"""An Idempotency-Key on every POST that makes no job: one effect, one reply."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask.testing import FlaskClient

from appliance.core.operation import Catalogue
from appliance.core.scopes import Scope
from appliance.operations import discover
from appliance.services.access import keys
from appliance.services.access.wishes import KeyWish
from appliance.services.box import Box
from appliance.web import once
from appliance.web.app import create_app
from tests.support.box import OPERATIONS, alive, completed, opened_box
from tests.support.personas import Cast, move_in
from tests.unit.services.files.test_uploads import png

# POSTs that `once` does not wrap, and why. A submission is wrapped by nobody: its job is the reply.
WITHOUT = {
    "/api/v1/estimate": "it changes nothing",
    "/api/v1/ping": "it changes nothing",
    "/api/v1/tools/<slug>": "it refuses whatever is asked",
    "/api/v1/models/<model>/install": "it makes a job",
    "/api/v1/batch": "it makes jobs",
}
TUS = {"Tus-Resumable": "1.0.0", "Upload-Length": "9"}


class Web:
    """The web process of a box, with a key of every scope."""

    def __init__(self, box: Box, cast: Cast) -> None:
        self.box, self.cast = box, cast
        wish = KeyWish("root", scopes=frozenset(Scope))
        self.secret = keys.create_key(box, cast.ada.account, wish).secret
        self.app = create_app(box)
        self.client: FlaskClient = self.app.test_client()

    def post(self, path: str, key: str = "once", secret: str = "", **options: Any) -> Any:
        headers = {"Authorization": f"Bearer {secret or self.secret}", "Idempotency-Key": key}
        headers |= options.pop("headers", {})
        return self.client.post(path, headers=headers, **options)

    def count(self, table: str) -> int:
        return int(self.box.db.row(f"SELECT count(*) FROM {table}")[0])


@pytest.fixture
def web(tmp_path) -> Iterator[Web]:
    rates = {f"rates__{name}": "10000 per 1 minute" for name in ("management", "webhooks")}
    catalogue = Catalogue([*discover(), *OPERATIONS])
    with opened_box(tmp_path / "box", catalogue=catalogue, **rates) as box:
        alive(box)
        yield Web(box, move_in(box))


def photo() -> dict[str, Any]:
    return {"file": (io.BytesIO(png(9, 9)), "cup.png")}


REQUESTS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "key": ("api_key", "/api/v1/keys", {"json": {"name": "shop"}}),
    "studio key": ("api_key", "/api/keys", {"data": {"name": "shop"}}),
    "rotated key": ("api_key", "/api/v1/keys/{key}/rotate", {}),
    "app": ("app", "/api/v1/apps", {"json": {"name": "shop"}}),
    "account": ("account", "/api/v1/accounts", {"json": {"name": "Shop"}}),
    "webhook": ("endpoint", "/api/v1/webhooks", {"json": {"url": "https://example.com/hook"}}),
    "settings": ("endpoint", "/api/settings", {"json": {"webhookUrl": "https://example.com/s"}}),
    "upload": ("upload", "/api/v1/uploads", {"data": photo}),
    "studio upload": ("upload", "/api/upload/image", {"data": photo}),
    "upload in pieces": ("arriving", "/api/v1/uploads", {"headers": TUS}),
    "grant": (
        "payment",
        "/api/v1/accounts/{account}/grants",
        {"json": {"credits": 5, "reason": "x"}},
    ),
}


def asked(web: Web, name: str) -> Any:
    _table, path, options = REQUESTS[name]
    made = {kind: each() if callable(each) else each for kind, each in options.items()}
    account = web.cast.ada.account
    return web.post(path.format(key=web.cast.ben.key, account=account), **made)


@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_sent_again_has_one_effect_and_the_same_reply(web, name):
    table, before = REQUESTS[name][0], web.count(REQUESTS[name][0])

    first, second = asked(web, name), asked(web, name)

    assert first.status_code in (200, 201), first.text
    assert (second.status_code, second.data) == (first.status_code, first.data)
    assert second.headers.get("Location") == first.headers.get("Location")
    assert second.content_type == first.content_type
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert web.count(table) == before + 1


def test_a_delivery_is_sent_once_more_once(web):
    made = web.post("/api/v1/webhooks", json={"url": "https://example.com/hook"}).json["data"]
    path = f"/api/v1/webhooks/{made['id']}"

    sent = [web.post(f"{path}/test", "test").json["data"]["id"] for _ in range(3)]

    assert len({*sent}) == web.count("delivery") == 1
    again = [web.post(f"{path}/deliveries/{sent[0]}/redeliver", "again") for _ in range(2)]
    assert [each.status_code for each in again] == [202, 202]
    rotated = [web.post(f"{path}/rotate-secret", "rotate").json["data"]["secret"] for _ in range(2)]
    assert rotated[0] == rotated[1] != made["secret"]


def test_a_link_is_made_once(web):
    job = completed(web.box, web.cast.ada.actor)
    body = {"output": f"job_{job.id}/0", "expires_in": 60}

    first, second = (web.post("/api/v1/links", json=body) for _ in range(2))

    assert first.json == second.json
    assert web.count("link") == 1


def test_another_request_under_the_key_is_refused(web):
    web.post("/api/v1/apps", json={"name": "shop"})

    for path, body in (
        ("/api/v1/apps", {"name": "another"}),
        ("/api/v1/accounts", {"name": "shop"}),
        ("/api/v1/apps?a=1", {"name": "shop"}),
    ):
        reply = web.post(path, json=body)
        assert (reply.status_code, reply.json["error"]["code"]) == (422, "IDEMPOTENCY_MISMATCH")
    assert web.count("app") == 1


def test_another_file_of_the_same_name_is_another_request(web):
    web.post("/api/v1/uploads", data=photo())

    reply = web.post("/api/v1/uploads", data={"file": (io.BytesIO(png(8, 9)), "cup.png")})

    assert reply.status_code == 422
    assert len([*web.box.home.uploads.iterdir()]) == 1
    assert [*(web.box.home.tmp / "arrivals").iterdir()] == []


def test_a_key_of_the_account_does_not_get_what_another_was_shown(web):
    shown = web.post("/api/v1/keys", json={"name": "shop"})

    reply = web.post("/api/v1/keys", secret=web.cast.ben.secret, json={"name": "shop"})

    assert reply.status_code == 422
    assert shown.json["data"]["key"] not in reply.text


def test_a_refused_request_leaves_the_key_free(web):
    assert web.post("/api/v1/apps", json={}).status_code == 422
    assert web.post("/api/v1/apps", json={"name": "shop"}).status_code == 201
    assert web.post("/api/v1/apps", "x" * 256, json={"name": "shop"}).status_code == 422


def test_a_job_and_a_reply_have_no_key_in_common(web):
    assert web.post("/api/v1/tools/qr", json={"text": "a"}, headers={"Prefer": "respond-async"})
    assert web.post("/api/v1/apps", json={"name": "shop"}).status_code == 422


def test_twins_that_meet_have_one_effect(web):
    together = threading.Barrier(8)

    def make(_number: int) -> tuple[int, bytes]:
        client = web.app.test_client()
        together.wait()
        try:
            reply = client.post(
                "/api/v1/keys",
                json={"name": "shop"},
                headers={"x-api-key": web.secret, "Idempotency-Key": "twins"},
            )
            return reply.status_code, reply.data
        finally:
            web.box.db.close()

    before = web.count("api_key")
    with ThreadPoolExecutor(8) as pool:
        replies = {*pool.map(make, range(8))}

    assert len(replies) == 1
    assert json.loads(replies.pop()[1])["data"]["key"].startswith("sa_live_")
    assert web.count("api_key") == before + 1


def test_every_post_is_carried_out_once_or_has_a_reason_not_to_be(web):
    wrapped = once.once.__code__.co_consts  # the code of `answer` is among them
    posts = {
        rule.rule: web.app.view_functions[rule.endpoint]
        for rule in web.app.url_map.iter_rules()
        if "POST" in (rule.methods or ())
    }
    submissions = {row.path for each in families(web) for row in each.submissions}

    plain = {path for path, view in posts.items() if not is_once(view, wrapped)} - submissions

    assert plain == set(WITHOUT)


def families(web: Web) -> Any:
    from appliance.web.app import _families

    return _families(web.box).values()


def is_once(view: Any, wrapped: Any) -> bool:
    while view is not None:
        if view.__code__ in wrapped:
            return True
        view = getattr(view, "__wrapped__", None)
    return False
