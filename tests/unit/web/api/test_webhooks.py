from __future__ import annotations

import pytest

from appliance.core.jobs import State
from appliance.core.scopes import Scope
from appliance.operations import discover
from appliance.services.access import keys
from appliance.services.access.wishes import KeyWish
from appliance.services.jobs import reading
from appliance.web.app import create_app
from tests.support.box import alive, opened_box, put_upload
from tests.support.personas import move_in

URL = "https://hooks.example/a"
PATH = "/api/v1/webhooks"


class Asking:
    """A client of the whole application, with Ada's key unless told otherwise."""

    def __init__(self, box, cast):
        self.box, self.cast = box, cast
        self._client = create_app(box).test_client()

    def ask(self, method, path, body=None, *, secret=None):
        headers = {"x-api-key": secret or self.cast.ada.secret}
        return self._client.open(path, method=method, json=body, headers=headers)

    def make(self, **body):
        return self.ask("POST", PATH, {"url": URL, **body}).json["data"]


@pytest.fixture
def asking(tmp_path, clock):
    rates = {"rates__webhooks": "1000 per 1 minute", "rates__studio_write": "1000 per 1 minute"}
    with opened_box(tmp_path, catalogue=discover(), clock=clock, **rates) as box:
        alive(box)
        yield Asking(box, move_in(box))


def test_a_webhook_is_made_shown_changed_and_deleted(asking):
    made = asking.make(events=["job.failed"], description="mine")
    path = f"{PATH}/{made.pop('id')}"
    secret = made.pop("secret")

    assert secret.startswith("whsec_")
    assert asking.ask("GET", path).json["data"].items() >= made.items()
    for method in ("PATCH", "PUT"):
        changed = asking.ask(method, path, {"description": method}).json["data"]
        assert (changed["description"], changed["events"]) == (method, ["job.failed"])
    assert secret not in asking.ask("GET", PATH).text + asking.ask("GET", path).text
    assert asking.ask("DELETE", path).status_code == 204
    assert asking.ask("GET", path).status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "url"),
        ({"url": None}, "url"),
        ({"url": 7}, "url"),
        ({"url": "https://h.example/\n"}, "url"),
        ({"url": "https://h.example/" + "x" * 2000}, "url"),
        ({"url": "http://h.example/"}, "url"),
        ({"url": "https://127.0.0.1/"}, "url"),
        ({"url": URL, "events": []}, "events"),
        ({"url": URL, "events": ["webhook.disabled"]}, "events"),
        ({"url": URL, "filter": {"key": ["a"]}}, "filter"),
        ({"url": URL, "description": "x" * 201}, "description"),
        ({"url": URL, "secret": "whsec_"}, "secret"),
        ({"url": URL, "status": "disabled"}, "status"),
    ],
)
def test_a_webhook_of_another_form_is_refused_by_field_and_not_kept(asking, body, field):
    reply = asking.ask("POST", PATH, body)

    assert (reply.status_code, reply.json["error"]["field"]) == (422, field)
    assert asking.ask("GET", PATH).json["data"] == []


def test_a_form_may_make_one_too(asking):
    headers = {"x-api-key": asking.cast.ada.secret}
    form = {"url": URL, "events": "job.failed,job.completed", "filter": '{"type": ["image"]}'}

    made = asking._client.post(PATH, data=form, headers=headers).json["data"]

    assert made["events"] == ["job.failed", "job.completed"]
    assert made["filter"] == {"type": ["image"]}


def test_only_a_key_of_the_scope_may(asking):
    wish = KeyWish("no", scopes=frozenset(Scope) - {Scope.WEBHOOKS})
    secret = keys.create_key(asking.box, asking.cast.ada.account, wish).secret
    made = asking.make()["id"]
    paths = (
        ("GET", PATH),
        ("POST", PATH),
        *((method, f"{PATH}/{made}") for method in ("GET", "PATCH", "PUT", "DELETE")),
        ("GET", f"{PATH}/{made}/deliveries"),
        *(("POST", f"{PATH}/{made}/{verb}") for verb in ("test", "rotate-secret")),
        ("POST", f"{PATH}/{made}/deliveries/msg_1/redeliver"),
    )

    for method, path in paths:
        reply = asking.ask(method, path, {} if method != "GET" else None, secret=secret)
        assert (reply.status_code, reply.json["error"]["code"]) == (403, "INSUFFICIENT_SCOPE")


def test_a_strangers_webhook_is_not_there(asking):
    made = asking.make()["id"]
    sent = asking.ask("POST", f"{PATH}/{made}/test").json["data"]["id"]
    stranger = asking.cast.cyd.secret

    for method, path in (
        ("GET", made),
        ("PATCH", made),
        ("DELETE", made),
        ("GET", f"{made}/deliveries"),
        ("POST", f"{made}/test"),
        ("POST", f"{made}/rotate-secret"),
        ("POST", f"{made}/deliveries/{sent}/redeliver"),
    ):
        body = {} if method == "PATCH" else None
        assert asking.ask(method, f"{PATH}/{path}", body, secret=stranger).status_code == 404


def test_rotating_shows_the_new_secret_once(asking):
    made = asking.make()

    reply = asking.ask("POST", f"{PATH}/{made['id']}/rotate-secret")

    data = reply.json["data"]
    assert reply.status_code == 200
    assert data["secret"] not in ("", made["secret"])
    assert data["old_secret_until"] == "2026-03-15T12:00:00.250Z"


def test_a_test_stands_in_the_log_and_is_sent_again(asking):
    made = asking.make()["id"]

    sent = asking.ask("POST", f"{PATH}/{made}/test")
    again = asking.ask("POST", f"{PATH}/{made}/deliveries/{sent.json['data']['id']}/redeliver")

    assert (sent.status_code, again.status_code) == (202, 202)
    listed = asking.ask("GET", f"{PATH}/{made}/deliveries").json["data"]
    assert listed == [again.json["data"]]
    assert (listed[0]["type"], listed[0]["status"]) == ("webhook.test", "pending")


def test_a_disabled_webhook_is_sent_no_test(asking):
    made = asking.make()["id"]
    asking.ask("PATCH", f"{PATH}/{made}", {"status": "disabled"})

    assert asking.ask("POST", f"{PATH}/{made}/test").status_code == 409


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_studios_settings_show_the_secret_the_first_time(asking, method):
    reply = asking.ask(method, "/api/settings", {"webhookUrl": URL})
    again = asking.ask(method, "/api/settings", {"allJobs": True})

    first = reply.json["data"]
    assert reply.status_code == 200
    assert first.pop("webhookSecret").startswith("whsec_")
    assert first == {"webhookUrl": URL, "allJobs": False}
    assert again.json["data"] == {"webhookUrl": URL, "allJobs": True}
    assert asking.ask("GET", "/api/settings").json == again.json


@pytest.mark.parametrize("nothing", [None, ""])
def test_studios_url_is_taken_away_by_null(asking, nothing):
    asking.ask("POST", "/api/settings", {"webhookUrl": URL, "allJobs": True})

    reply = asking.ask("POST", "/api/settings", {"webhookUrl": nothing})

    assert reply.json["data"] == {"webhookUrl": None, "allJobs": True}


def test_studios_url_is_refused_in_studios_form(asking):
    reply = asking.ask("POST", "/api/settings", {"webhookUrl": "https://10.0.0.1/"})

    assert (reply.status_code, reply.json["code"]) == (400, "BAD_REQUEST")
    assert reply.json["field"] == "webhookUrl"
    assert asking.ask("GET", "/api/settings").json["data"]["webhookUrl"] is None


def submit(asking, **body):
    upload = put_upload(asking.box, asking.cast.ada.account)
    return asking.ask("POST", "/api/v1/jobs", {"image": upload, **body})


def test_a_product_job_keeps_the_url_it_asked_for(asking):
    reply = submit(asking, webhookUrl=URL, presetLabel="spring")

    assert reply.status_code == 202, reply.text
    (row,) = asking.box.db.rows("SELECT webhook, extra, id FROM job")
    assert row[:2] == (URL, '{"presetLabel": "spring"}')
    assert reading.job_by_id(asking.box, row[2]).state is State.PENDING


@pytest.mark.parametrize("url", ["https://10.0.0.1/", "http://h.example/", "", 7, "x" * 2001])
def test_a_product_job_with_a_url_that_may_not_be_asked_is_none(asking, url):
    reply = submit(asking, webhookUrl=url)

    assert (reply.status_code, reply.json["error"]["field"]) == (422, "webhookUrl")
    assert asking.box.db.row("SELECT count(*) FROM job") == (0,)


def test_waiting_products_take_no_url(asking):
    upload = put_upload(asking.box, asking.cast.ada.account)

    reply = asking.ask("POST", "/api/v1/process", {"image": upload, "webhookUrl": URL})

    assert (reply.status_code, reply.json["error"]["field"]) == (422, "webhookUrl")
