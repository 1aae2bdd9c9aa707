from __future__ import annotations

from appliance.core.errors import InvalidInput
from appliance.web.families.family import Refused
from appliance.web.families.product.envelope import ProductEnvelope, polled
from tests.unit.web.families.shown import JOB, URL, done, failed, shown

PRODUCT = ProductEnvelope()


def test_a_finished_picture_is_told_with_metrics_and_warnings():
    reply = PRODUCT.finished(done(facts={"confidence": 0.9}, warnings=("Not plain.",)))

    assert reply.status == 200
    assert reply.body == {
        "ok": True,
        "jobId": JOB,
        "status": "completed",
        "output": {
            "url": URL,
            "mimeType": "image/png",
            "width": 1024,
            "height": 768,
            "bytes": 5,
        },
        "metrics": {"confidence": 0.9},
        "warnings": ["Not plain."],
    }


def test_an_accepted_picture_says_where_its_status_is():
    reply = PRODUCT.accepted(shown())
    url = f"https://s.local/api/v1/jobs/{JOB}"

    assert reply.status == 202
    assert reply.body == {"ok": True, "jobId": JOB, "status": "pending", "statusUrl": url}


def test_a_label_is_repeated_and_only_where_it_was_given():
    assert polled(done(extra={"presetLabel": "spring"}))["presetLabel"] == "spring"
    assert "presetLabel" not in polled(done())


def test_a_failed_job_is_not_ok_and_has_no_output():
    body = polled(failed())

    assert (body["ok"], body["status"], body["output"]) == (False, "failed", None)


def test_a_refusal_has_the_familys_form():
    reply = PRODUCT.refuse(InvalidInput("No image.", field="image"), Refused("req_1"))

    assert reply.body == {
        "ok": False,
        "error": {"code": "VALIDATION_ERROR", "message": "No image.", "field": "image"},
        "requestId": "req_1",
    }


def test_a_dry_run_is_marked_as_one():
    assert PRODUCT.estimated({"credits": 1}).body == {"ok": True, "dryRun": True, "credits": 1}
