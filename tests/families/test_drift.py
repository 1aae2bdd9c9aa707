"""What the published contract says is what the goldens show, both ways."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from openapi_spec_validator import validate

from appliance.operations import discover
from appliance.web.app import create_app
from tests.families.contract import Contract
from tests.families.matching import Golden, goldens
from tests.support.box import opened_box
from tests.support.running import Answer

# Successes that no golden shows, and why.
WITHOUT: dict[tuple[str, str, int], str] = {
    ("PATCH", "/api/v1/uploads/{upload_id}", 204): "tests/worker/test_uploads.py sends pieces",
    ("DELETE", "/api/v1/jobs/{reference}", 200): "a golden's job has ended before it is cancelled",
    ("GET", "/files/{file}/{name}", 200): "every golden's `download` is asked for",
    ("GET", "/files/{file}/{name}", 206): "the same, in part",
    ("POST", "/api/v1/models/{model}/pause", 200): "it takes an installation that goes on",
    ("POST", "/api/v1/models/{model}/resume", 200): "the same",
    ("POST", "/api/v1/models/{model}/remove", 200): "every other golden needs the models",
}
# A reply without a body shows nothing.
_EMPTY = (304,)

Success = tuple[str, str, int]  # method, path or for a submission its family, status


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Contract]:
    with opened_box(tmp_path_factory.mktemp("drift"), catalogue=discover()) as box:
        yield Contract(create_app(box).test_client().get("/openapi.json").json)


def test_the_document_is_valid(contract: Contract) -> None:
    validate(contract.document)


@pytest.mark.parametrize("asked", goldens(), ids=lambda asked: asked.name)
def test_a_golden_shows_what_is_published(asked: Golden, contract: Contract) -> None:
    assert contract.broken_by_golden(asked) == []


def _success(method: str, path: str, operation: dict[str, Any], status: int) -> Success:
    """What a golden shows: of a submission, how all of its family answer."""
    submits = {"$ref": "#/components/parameters/CancelAfter"} in operation.get("parameters", [])
    return method, operation["tags"][0] if submits else path, status


def _shown(contract: Contract) -> set[Success]:
    asked = [(each.request["method"], each) for each in goldens()]
    found = [(method, contract.route(method, each.request["path"]), each) for method, each in asked]
    return {
        _success(method, *route, each.response["status"]) for method, route, each in found if route
    }


def _published(contract: Contract) -> set[Success]:
    return {
        _success(method.upper(), path, operation, int(status))
        for path, item in contract.document["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
        for status in operation["responses"]
        if int(status) < 400 and int(status) not in _EMPTY
    }


def test_every_published_success_has_a_golden(contract: Contract) -> None:
    missing = _published(contract) - _shown(contract) - WITHOUT.keys()

    assert not missing, "\n".join(map(str, sorted(missing)))


def test_an_exception_is_published_and_has_no_golden(contract: Contract) -> None:
    assert WITHOUT.keys() <= _published(contract) - _shown(contract)


def test_a_field_that_is_not_published_is_found(contract: Contract) -> None:
    asked = Golden(
        "",
        {
            "request": {"method": "GET", "path": "/api/v1/credits"},
            "response": {"status": 200, "body": {"data": {"credits_left": 3}}},
        },
    )

    assert "credits_left" in "".join(contract.broken_by_golden(asked))


def test_a_field_that_is_missing_from_an_answer_is_found(contract: Contract) -> None:
    asked = Golden("", {"request": {"method": "GET", "path": "/api/v1/credits"}})
    headers = {"Content-Type": "application/json", "X-Request-Id": "req_1"}

    broken = "".join(contract.broken_by_answer(asked, Answer(200, headers, b'{"data": {}}')))

    assert "'credits_held' is a required property" in broken
    assert "the header X-RateLimit-Limit is missing" in broken
