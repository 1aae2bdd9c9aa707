"""Asking the app of `conftest`, and reading a refusal in whichever family's form it comes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

_REQUEST_ID = re.compile(r"req_[0-9A-HJKMNP-TV-Z]{26}")

# One field that only this family's refusals have, and how its words are spelled.
_MARKS = {
    "jobs": lambda body: set(body) == {"error"} and "request_id" in body["error"],
    "wallet": lambda body: isinstance(body["error"], str) and body["code"].islower(),
    "tools": lambda body: body["success"] is False and body["billing"] == {"charged_usd": "0"},
    "product": lambda body: body["ok"] is False and "requestId" in body,
    "studio": lambda body: isinstance(body["error"], str) and body["code"].isupper(),
}


@dataclass(frozen=True)
class Refusal:
    """What a refusal says, whatever its form."""

    status: int
    family: str
    code: str
    headers: Any


def refusal(reply: TestResponse) -> Refusal:
    """The reply as a refusal; an assertion fails if it is none, or not wholly one."""
    assert reply.content_type == "application/json", reply.content_type
    body = reply.json
    families = [name for name, fits in _MARKS.items() if _fits(fits, body)]
    assert len(families) == 1, body
    said = body["error"] if isinstance(body["error"], dict) else body
    request_id = said.get("request_id") or body.get("requestId")
    assert _REQUEST_ID.fullmatch(request_id)
    assert reply.headers["X-Request-Id"] == request_id
    code = said.get("code") or said["error_code"]
    return Refusal(reply.status_code, families[0], code, reply.headers)


def _fits(fits: Any, body: Any) -> bool:
    try:
        return bool(fits(body))
    except (KeyError, TypeError, AttributeError):
        return False


@dataclass(frozen=True)
class Caller:
    """A client with a key."""

    client: FlaskClient
    key: str

    def send(self, method: str, path: str, **options: Any) -> TestResponse:
        """The reply to a request with the key."""
        headers = {"x-api-key": self.key, **options.pop("headers", {})}
        return self.client.open(path, method=method, headers=headers, **options)
