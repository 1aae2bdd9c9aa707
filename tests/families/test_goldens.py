"""Every documented request gets its documented reply, from a real appliance."""

from __future__ import annotations

import pytest

from tests.families.contract import Contract
from tests.families.matching import Golden, differences, golden, goldens
from tests.families.studio import Studio, pretty


@pytest.mark.parametrize("asked", goldens(), ids=lambda asked: asked.name)
def test_the_documented_request_gets_the_documented_reply(
    asked: Golden, studio: Studio, published: Contract
) -> None:
    studio.clear_keys()

    answer = studio.ask(asked)

    assert answer.status == asked.response["status"], pretty(answer)
    for name, value in asked.response.get("headers", {}).items():
        assert answer.headers[name] == value
    assert published.broken_by_answer(asked, answer) == [], pretty(answer)
    if "body" in asked.response:
        assert differences(asked.response["body"], answer.json) == [], pretty(answer)
    if "download" in asked.raw:
        _check_download(asked, studio, answer.json)


def _check_download(asked: Golden, studio: Studio, body: object) -> None:
    link = _first_link(body)
    assert link is not None
    file = studio.client.get(link)
    assert file.status == 200
    assert file.headers["Content-Type"].partition(";")[0] == asked.raw["download"]
    assert int(file.headers["Content-Length"]) == len(file.body) > 0


def _first_link(body: object) -> str | None:
    if isinstance(body, str):
        return body if "/files/" in body else None
    values = list(body.values()) if isinstance(body, dict) else body
    found = [_first_link(value) for value in values] if isinstance(values, list) else []
    return next((link for link in found if link), None)


def test_a_refused_request_charges_nothing(studio: Studio) -> None:
    before = studio.client.get("/api/v1/credits").json

    for asked in goldens():
        # What comes after another golden asks that again, which costs what it costs.
        if asked.response["status"] >= 400 and "after" not in asked.raw:
            assert studio.ask(asked).status == asked.response["status"]

    after = studio.client.get("/api/v1/credits").json
    assert after == before
    assert studio.appliance.command("ledger", "verify") == "The books are in order."


def test_a_refused_request_keeps_no_file(studio: Studio) -> None:
    uploads = studio.appliance.home / "data" / "uploads"
    before = sorted(uploads.iterdir())

    for name in ("product/bad-field", "product/no-key", "jobs/enhance-unknown-op"):
        assert studio.ask(golden(name)).status >= 400

    assert sorted(uploads.iterdir()) == before
    assert list((studio.appliance.home / "data" / "tmp" / "arrivals").iterdir()) == []
