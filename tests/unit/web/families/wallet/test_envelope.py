from __future__ import annotations

from appliance.core.errors import InvalidInput
from appliance.web.families.family import Refused
from appliance.web.families.wallet.envelope import WalletEnvelope
from tests.unit.web.families.shown import JOB, URL, done, shown

WALLET = WalletEnvelope()


def test_a_finished_picture_is_told_flat():
    reply = WALLET.finished(done())

    assert reply.status == 200
    assert reply.body == {
        "imageUrl": URL,
        "model": "flux-2-pro",
        "resolvedModel": "sdxl",
        "enhancedPrompt": "a red kettle",
        "seed": 9,
        "costUsd": "0.1",
        "jobId": JOB,
        "status": "completed",
    }


def test_what_widened_the_prompt_is_named_only_where_something_did():
    assert WALLET.finished(done(extra={"enhancer": "template"})).body["enhancer"] == "template"
    assert "enhancer" not in WALLET.finished(done()).body


def test_the_seed_of_the_request_is_told_where_the_job_told_none():
    assert WALLET.finished(done(facts={})).body["seed"] == 7


def test_other_media_are_named_for_what_they_are():
    assert WALLET.finished(done(type="video")).body["videoUrl"] == URL


def test_work_that_takes_longer_is_202_with_a_whole_url():
    reply = WALLET.accepted(shown())
    url = f"https://s.local/api/v1/jobs/{JOB}"

    assert reply.status == 202
    assert reply.body == {"jobId": JOB, "status": "pending", "pollUrl": url}


def test_a_bad_field_is_400_in_this_family():
    reply = WALLET.refuse(InvalidInput("No prompt.", field="prompt"), Refused("req_1"))

    assert reply.status == 400
    assert reply.body == {
        "error": "No prompt.",
        "code": "invalid_input",
        "request_id": "req_1",
        "field": "prompt",
    }


def test_a_dry_run_is_marked_as_one():
    assert WALLET.estimated({"usd": "1"}).body == {"usd": "1", "dryRun": True}
