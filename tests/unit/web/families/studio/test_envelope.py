from __future__ import annotations

import pytest

from appliance.core import errors
from appliance.core.errors import InvalidInput
from appliance.core.jobs import State
from appliance.web.families.family import Refused
from appliance.web.families.studio.envelope import StudioEnvelope, job_data
from tests.unit.web.families.shown import URL, UUID, cancelled, done, failed, running, shown

STUDIO = StudioEnvelope()
# What the worker finds out.
FOUND = (
    *(errors.InvalidInput, errors.TooLarge, errors.UnsupportedMedia, errors.ContentBlocked),
    *(errors.ModelNotInstalled, errors.ProcessingFailed, errors.TimedOut, errors.InternalError),
)


def test_an_accepted_job_is_202_with_a_uuid():
    reply = STUDIO.accepted(shown())

    assert reply.status == 202
    assert reply.body == {
        "data": {"jobId": UUID, "status": "queued", "message": "Image generation job queued"}
    }


def test_a_finished_job_is_told_as_the_webhook_tells_it():
    data = job_data(done(outputs=2))

    assert (data["jobId"], data["type"], data["status"]) == (UUID, "image", "completed")
    assert (data["outputUrl"], data["outputType"]) == (URL, "image/png")
    assert len(data["outputUrls"]) == 2
    assert data["metadata"] == {
        "model": "flux-2-pro",
        "resolvedModel": "sdxl",
        "width": 1024,
        "height": 768,
        "durationMs": 8200,
    }
    assert data["createdAt"] == "2026-03-14T12:00:00.250Z"
    assert data["completedAt"] == "2026-03-14T12:00:08.450Z"


@pytest.mark.parametrize(
    ("job", "word"),
    [(shown(), "queued"), (running(), "processing"), (failed(), "failed"), (cancelled(), "failed")],
)
def test_a_client_that_polls_until_completed_or_failed_ends(job, word):
    assert job_data(job)["status"] == word


def test_a_cancelled_job_is_told_as_such():
    data = job_data(cancelled())

    assert (data["error"], data["code"]) == ("Cancelled", "CANCELLED")
    assert data["creditsRefunded"] == 10
    assert data["failedAt"] == "2026-03-14T12:00:08.450Z"


def test_a_failed_job_shows_nothing_internal():
    data = job_data(failed())

    assert data["error"] == "Generation failed"
    assert "kettle" not in str(data)


@pytest.mark.parametrize("kind", FOUND)
def test_a_failed_jobs_code_is_the_one_a_refusal_would_have(kind):
    refused = STUDIO.refuse(kind("No."), Refused("req_1")).body["code"]

    assert job_data(failed(kind.code))["code"] == refused


def test_a_finished_job_without_files_still_tells_its_end():
    data = job_data(done(0, state=State.COMPLETED))

    assert "completedAt" in data
    assert "outputUrl" not in data


def test_a_refusal_has_the_familys_form_and_status():
    reply = STUDIO.refuse(InvalidInput("Too many steps.", field="steps"), Refused("req_1"))

    assert reply.status == 400
    assert reply.body == {
        "error": "Too many steps.",
        "code": "BAD_REQUEST",
        "request_id": "req_1",
        "field": "steps",
    }


def test_a_dry_run_is_marked_as_one():
    assert STUDIO.estimated({"credits": 1}).body == {"data": {"credits": 1, "dryRun": True}}
