from __future__ import annotations

import json

from appliance.core.errors import InvalidInput
from appliance.core.progress import Step
from appliance.web.families.family import Refused
from appliance.web.families.jobs.envelope import JobsEnvelope, job_data
from tests.unit.web.families.shown import JOB, URL, cancelled, done, failed, running, shown

JOBS = JobsEnvelope()
POLL = f"/api/v1/jobs/{JOB}"


def test_an_accepted_job_is_202_and_says_where_to_poll():
    reply = JOBS.accepted(shown())

    assert (reply.status, reply.headers) == (202, {"Location": POLL})
    assert reply.body == {
        "data": {"id": JOB, "status": "pending"},
        "meta": {"poll_url": POLL, "credits_remaining": 990},
    }


def test_a_finished_job_has_every_documented_field():
    reply = JOBS.finished(done())
    data = reply.body["data"]

    assert reply.status == 200
    assert (data["id"], data["status"], data["progress"]) == (JOB, "completed", 1.0)
    assert (data["model"], data["resolved_model"]) == ("flux-2-pro", "sdxl")
    assert (data["seed"], data["credits"], data["error"]) == (9, 10, None)
    assert data["created_at"] == "2026-03-14T12:00:00.250Z"
    assert data["completed_at"] == "2026-03-14T12:00:08.450Z"
    assert data["outputs"] == [
        {
            "url": URL,
            "media_type": "image",
            "mime_type": "image/png",
            "filename": "a.png",
            "width": 1024,
            "height": 768,
            "bytes": 5,
            "sha256": "00ff",
            "expires_at": "2026-03-15T12:00:00.250Z",
            "retained_until": "2026-04-13T12:00:00.250Z",
        }
    ]
    json.dumps(data)


def test_a_pending_job_tells_its_place_and_time():
    data = job_data(shown())

    assert (data["queue_position"], data["paused"], data["eta_s"]) == (3, False, 12.5)
    assert (data["progress"], data["seed"]) == (0.0, 7)
    assert data["started_at"] is data["completed_at"] is None
    assert "facts" not in data


def test_a_running_job_tells_its_steps_and_phase():
    data = job_data(running(live=Step(0.5, step=2, steps=4)))

    assert (data["progress"], data["phase"], data["step"], data["steps"]) == (0.5, "running", 2, 4)
    assert "queue_position" not in data
    assert "cancel_requested" not in data
    assert job_data(running(live=Step(0.0, "loading_model")))["phase"] == "loading_model"


def test_a_job_being_cancelled_says_so_until_it_is():
    assert job_data(running(cancel_requested=True))["cancel_requested"] is True
    assert "cancel_requested" not in job_data(cancelled())
    assert job_data(cancelled())["status"] == "cancelled"


def test_a_failed_job_says_why_in_the_familys_code():
    error = {"code": "INTERNAL_ERROR", "message": "The kettle burst.", "retryable": True}

    assert job_data(failed())["error"] == error
    assert job_data(failed("content_blocked"))["error"]["code"] == "PROMPT_BLOCKED"


def test_a_size_made_otherwise_is_told():
    facts = {"native_size": [512, 512]}

    assert job_data(done(facts=facts))["native_size"] == [512, 512]


def test_a_refusal_names_field_details_and_request():
    error = InvalidInput("Too long.", field="prompt", details={"limit": 2000})

    assert JOBS.refuse(error, Refused("req_1")).body == {
        "error": {
            "code": "VALIDATION_ERROR",
            "message": "Too long.",
            "field": "prompt",
            "details": {"limit": 2000},
            "request_id": "req_1",
        }
    }


def test_a_dry_run_is_marked_as_one():
    assert JOBS.estimated({"credits": 1}).body == {
        "data": {"credits": 1},
        "meta": {"dry_run": True},
    }
