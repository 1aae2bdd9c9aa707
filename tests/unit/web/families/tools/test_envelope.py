from __future__ import annotations

from dataclasses import replace

import pytest

from appliance.core.errors import InsufficientCredits, RateLimited
from appliance.core.jobs import State
from appliance.web.families.family import Refused
from appliance.web.families.tools.envelope import ToolsEnvelope
from tests.unit.web.families.shown import URL, done, running, shown

TOOLS = ToolsEnvelope("en")
BROKE = InsufficientCredits("This costs 1 USD.", details={"needed_usd": "1"})


def test_a_finished_tool_gives_its_bill_and_its_file():
    reply = TOOLS.finished(done(type="image-convert"))

    assert reply.status == 200
    assert reply.body == {
        "success": True,
        "tool": "image-convert",
        "job_id": 42,
        "request_id": "req_1",
        "billing": {
            "currency": "USD",
            "estimated_usd": "0.1",
            "charged_usd": "0.1",
            "balance_after_usd": "9.9",
        },
        "output": {
            "filename": "a.png",
            "mime_type": "image/png",
            "url": URL,
            "bytes": 5,
            "width": 1024,
            "height": 768,
            "content_base64": "SGVsbG8=",
        },
    }


def test_the_alias_used_is_repeated():
    body = TOOLS.finished(done(type="qr", extra={"requested_tool": "crear-qr"})).body

    assert (body["tool"], body["requested_tool"]) == ("qr", "crear-qr")


@pytest.mark.parametrize(("size", "inline"), [(8_000_000, True), (8_000_001, False)])
def test_bytes_come_along_up_to_eight_megabytes(size, inline):
    job = done()
    file = replace(job.outputs[0], file=replace(job.outputs[0].file, bytes=size))
    output = TOOLS.finished(replace(job, outputs=(file,))).body["output"]

    assert ("content_base64" in output) is inline
    assert output["url"] == URL


def test_several_files_are_all_listed():
    body = TOOLS.finished(done(outputs=3)).body

    assert [each["filename"] for each in body["outputs"]] == ["a.png", "b.png", "c.png"]
    assert "outputs" not in TOOLS.finished(done()).body


def test_warnings_are_told_where_there_are_any():
    assert TOOLS.finished(done(warnings=("Careful.",))).body["warnings"] == ["Careful."]
    assert "warnings" not in TOOLS.finished(done()).body


@pytest.mark.parametrize(("job", "status"), [(shown(), "queued"), (running(), "processing")])
def test_a_tool_that_takes_longer_is_202(job, status):
    reply = TOOLS.accepted(job)

    assert reply.status == 202
    assert (reply.body["success"], reply.body["status"], reply.body["job_id"]) == (True, status, 42)
    assert reply.body["status_url"] == "https://s.local/api/v1/jobs/42"
    assert reply.body["billing"]["estimated_usd"] == "0.1"


def test_a_refusal_is_charged_nothing_and_says_so():
    reply = TOOLS.refuse(BROKE, Refused("req_1"))

    assert reply.status == 402
    assert reply.headers == {"Content-Language": "en"}
    assert reply.body == {
        "success": False,
        "error": "Insufficient API balance.",
        "error_code": "insufficient_api_balance",
        "request_id": "req_1",
        "billing": {"charged_usd": "0"},
        "details": {"needed_usd": "1"},
    }


def test_a_refusal_speaks_the_callers_language():
    reply = TOOLS.refuse(BROKE, Refused("req_1", ("es-MX", "en")))

    assert reply.body["error"] == "Saldo de API insuficiente."
    assert reply.headers == {"Content-Language": "es"}


def test_a_rate_limit_is_told_in_its_own_field():
    limit = {"limit": 60, "window_seconds": 3600}
    body = TOOLS.refuse(RateLimited("Slowly.", details={"limit": limit}), Refused("req_1")).body

    assert body["limit"] == limit
    assert "details" not in body


def test_a_job_without_files_has_no_output():
    assert TOOLS.finished(done(0, state=State.COMPLETED)).body["output"] is None


def test_a_dry_run_is_marked_as_one():
    assert TOOLS.estimated({"usd": "1"}).body == {"success": True, "dry_run": True, "usd": "1"}
