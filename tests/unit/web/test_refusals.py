from __future__ import annotations

import pytest
from flask import Flask, g, request
from flask.testing import FlaskClient
from werkzeug.exceptions import NotFound as NoSuchPage
from werkzeug.exceptions import RequestedRangeNotSatisfiable

from appliance.core.errors import InvalidInput, NoWorker
from appliance.web.families.family import Family
from appliance.web.intake import Room
from appliance.web.refusals import owner, refuse_in_kind
from tests.unit.web.families.test_matrix import ENVELOPES, code_in

OWNERS = {
    "/api/v1/image/generate": "wallet",
    "/api/v1/image/": "wallet",
    "/api/v1/image": "jobs",
    "/api/v1/video/generate": "wallet",
    "/api/v1/video": "jobs",
    "/api/v1/director/generate": "wallet",
    "/api/v1/wallet": "wallet",
    "/api/v1/wallet/x": "wallet",
    "/api/v1/wallets": "jobs",
    "/api/v1/ping": "tools",
    "/api/v1/balance": "tools",
    "/api/v1/tools": "tools",
    "/api/v1/tools/qr": "tools",
    "/api/v1/toolsy": "jobs",
    "/api/v1/process": "product",
    "/api/v1/process/x": "product",
    "/api/v1/processes": "jobs",
    "/api/v1/compliance": "product",
    "/api/v1/upscale": "product",
    "/api/v1/backgrounds/generate": "product",
    "/api/v1/relight/shadow": "product",
    "/api/v1/batch": "product",
    "/api/v1/integrations/1": "product",
    "/api/v1/publish-activity": "product",
    "/api/v1/openapi": "product",
    "/api/v1/postman": "product",
    "/api/v1": "jobs",
    "/api/v1/jobs/1": "jobs",
    "/api/v1/uploads": "jobs",
    "/api/v10/x": "studio",
    "/api/generate/image": "studio",
    "/api/jobs": "studio",
    "/api": "studio",
    "/apis": "jobs",
    "/": "jobs",
    "/files/x/y": "jobs",
    "": "jobs",
}


@pytest.mark.parametrize("path", OWNERS)
def test_a_path_is_owned_by_its_longest_known_beginning(path):
    assert owner(path) == OWNERS[path]


@pytest.fixture
def client() -> FlaskClient:
    """An app of one path a family, whose views fail as they are told."""
    app = Flask("test")
    families = {
        name: Family(name, name, envelope, (), lambda _settings: Room(1, 1))
        for name, envelope in ENVELOPES.items()
    }
    app.before_request(lambda: setattr(g, "request_id", "req_1"))
    errors = {
        "input": InvalidInput("Bad.", field="a"),
        "worker": NoWorker("Nobody.", retry_after_s=7),
        "bug": KeyError("secret"),
        "page": NoSuchPage(),
        "range": RequestedRangeNotSatisfiable(7),
    }

    def fail():
        raise errors[request.args["with"]]

    for path in ("/api/v1/tools/x", "/api/v1/x", "/api/x", "/api/v1/wallet", "/api/v1/process"):
        app.add_url_rule(path, path, fail, methods=["POST"])
    refuse_in_kind(app, families)
    return app.test_client()


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/api/v1/tools/x", "internal_error"),
        ("/api/v1/wallet", "internal_error"),
        ("/api/v1/process", "INTERNAL_ERROR"),
        ("/api/v1/x", "INTERNAL_ERROR"),
        ("/api/x", "INTERNAL_ERROR"),
    ],
)
def test_a_bug_is_told_in_the_familys_form_and_shows_nothing(client, path, code, caplog):
    reply = client.post(f"{path}?with=bug")

    assert reply.status_code == 500
    assert code_in(reply.json) == code
    assert "secret" not in reply.text
    assert "req_1" in reply.text
    assert "secret" in caplog.text


def test_a_path_nobody_knows_is_not_found_in_its_owners_form(client):
    assert client.get("/api/v1/tools/none/such").json["error_code"] == "not_found"
    assert client.get("/api/nothing").json["code"] == "NOT_FOUND"
    assert client.get("/nothing").json["error"]["code"] == "NOT_FOUND"
    assert client.get("/nothing").status_code == 404


def test_a_wrong_method_names_the_right_ones(client):
    reply = client.put("/api/v1/wallet")

    assert (reply.status_code, reply.json["code"]) == (405, "method_not_allowed")
    assert reply.headers["Allow"] == "OPTIONS, POST"


def test_an_error_of_ours_keeps_its_words_and_its_patience(client):
    reply = client.post("/api/v1/x?with=worker")

    assert reply.status_code == 503
    assert reply.headers["Retry-After"] == "7"
    assert reply.json["error"]["message"] == "Nobody."
    assert client.post("/api/x?with=input").status_code == 400


def test_a_refusal_speaks_the_callers_language_in_the_tools_family(client):
    languages = {"Accept-Language": "fr;q=0.9, es;q=0.8"}
    reply = client.post("/api/v1/tools/x?with=page", headers=languages)

    assert reply.json["error"] == "No existe."
    assert reply.headers["Content-Language"] == "es"


def test_a_range_beyond_the_end_says_where_the_end_is(client):
    reply = client.post("/api/v1/x?with=range")

    assert (reply.status_code, reply.json["error"]["code"]) == (416, "VALIDATION_ERROR")
    assert reply.headers["Content-Range"] == "bytes */7"


def test_nothing_of_a_refusal_is_kept_by_caches(client):
    assert client.post("/api/v1/x?with=input").headers["Cache-Control"] == "no-store"
