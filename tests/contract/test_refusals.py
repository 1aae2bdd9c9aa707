"""Errors wear the envelope of the family that owns the path, also where nobody registered any."""

from __future__ import annotations

import pytest
from flask import Flask, request
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from appliance.web.app import create_app
from tests.contract.asking import Caller, refusal

# A path nobody registered under each family's prefixes.
UNKNOWN = {
    "/api/v1/image/none": "wallet",
    "/api/v1/video/none": "wallet",
    "/api/v1/director/none": "wallet",
    "/api/v1/wallet/none": "wallet",
    "/api/v1/ping/none": "tools",
    "/api/v1/balance/none": "tools",
    "/api/v1/tools/none/such": "tools",
    "/api/v1/process/none": "product",
    "/api/v1/compliance/none": "product",
    "/api/v1/upscale/none": "product",
    "/api/v1/backgrounds/none": "product",
    "/api/v1/relight/none": "product",
    "/api/v1/batch/none/at-all": "product",
    "/api/v1/integrations/none/such/thing": "product",
    "/api/v1/publish-activity/none": "product",
    "/api/v1/openapi/none": "product",
    "/api/v1/postman/none": "product",
    "/api/v1/none": "jobs",
    "/api/v1": "jobs",
    "/api/none": "studio",
    "/api/v2/jobs": "studio",
    "/api": "studio",
    "/none": "jobs",
    "/": "jobs",
}
# A path of each family, a method it has not, and those it has.
WRONG = {
    ("PUT", "/api/v1/generate"): ("jobs", {"POST"}),
    ("PATCH", "/api/v1/jobs"): ("jobs", {"GET", "POST"}),
    ("POST", "/api/v1/credits"): ("jobs", {"GET"}),
    ("GET", "/api/v1/image/generate"): ("wallet", {"POST"}),
    ("DELETE", "/api/v1/wallet"): ("wallet", {"GET"}),
    ("DELETE", "/api/v1/tools/qr"): ("tools", {"POST"}),
    ("GET", "/api/v1/ping"): ("tools", {"POST"}),
    ("GET", "/api/v1/process"): ("product", {"POST"}),
    ("POST", "/api/v1/openapi"): ("product", {"GET"}),
    ("PUT", "/api/generate/image"): ("studio", {"POST"}),
    ("TRACE", "/api/usage"): ("studio", {"GET"}),
    ("POST", "/openapi.json"): ("jobs", {"GET"}),
}
LOWER = ("wallet", "tools")


@pytest.fixture
def ada(app: Flask, key: str) -> Caller:
    return Caller(app.test_client(), key)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE"])
@pytest.mark.parametrize("path", UNKNOWN)
def test_a_path_nobody_registered_is_not_found_in_its_owners_form(ada, method, path):
    said = refusal(ada.send(method, path))

    assert (said.status, said.family) == (404, UNKNOWN[path])
    assert said.code == ("not_found" if said.family in LOWER else "NOT_FOUND")


@pytest.mark.parametrize("path", UNKNOWN)
def test_head_of_a_path_nobody_registered_has_no_body(ada, path):
    reply = ada.send("HEAD", path)

    assert (reply.status_code, reply.data) == (404, b"")


@pytest.mark.parametrize(("method", "path"), WRONG)
def test_a_wrong_method_names_the_right_ones(ada, method, path):
    family, allowed = WRONG[method, path]

    said = refusal(ada.send(method, path))

    assert (said.status, said.family) == (405, family)
    assert said.code == ("method_not_allowed" if family in LOWER else "METHOD_NOT_ALLOWED")
    assert {*said.headers["Allow"].split(", ")} - {"HEAD", "OPTIONS"} == allowed


@pytest.mark.parametrize("path", [path for _method, path in WRONG])
def test_options_needs_no_key(app, path):
    reply = app.test_client().options(path)

    assert reply.status_code == 200
    assert "OPTIONS" in reply.headers["Allow"]


@pytest.fixture(scope="module")
def refusing(box) -> Flask:
    """An app that finds a body unreadable or too large before any view is known."""
    app = create_app(box)
    kinds = {"415": UnsupportedMediaType, "413": RequestEntityTooLarge}

    @app.before_request
    def refuse() -> None:
        if "refuse" in request.args:
            raise kinds[request.args["refuse"]]

    return app


@pytest.mark.parametrize(
    ("status", "upper", "wallet"),
    [
        (415, "UNSUPPORTED_MEDIA_TYPE", "unsupported_media"),
        (413, "PAYLOAD_TOO_LARGE", "limit_exceeded"),
    ],
)
@pytest.mark.parametrize("path", UNKNOWN)
def test_an_unread_body_is_refused_in_the_owners_form(refusing, path, status, upper, wallet):
    said = refusal(refusing.test_client().post(f"{path}?refuse={status}"))

    assert (said.status, said.family) == (status, UNKNOWN[path])
    assert said.code == (wallet if said.family in LOWER else upper)


@pytest.mark.parametrize("path", UNKNOWN)
def test_a_bug_is_told_in_the_owners_form_and_shows_nothing(refusing, path, caplog):
    # A word the app above does not know: its KeyError is the bug.
    reply = refusing.test_client().get(f"{path}?refuse=secret")

    said = refusal(reply)
    assert (said.status, said.family) == (500, UNKNOWN[path])
    assert "secret" not in reply.text
