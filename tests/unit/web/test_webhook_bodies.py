from __future__ import annotations

import json
from dataclasses import replace

import pytest

from appliance.core.errors import InternalError
from appliance.services.jobs import outcome, reading, steering
from appliance.services.webhooks.delivering import News
from appliance.web import webhook_bodies
from appliance.web.webhook_bodies import own_url, wording
from tests.support.box import claim, completed, made_file, submit

URL = "http://127.0.0.1:8188"


def news(box, family, job, kind) -> News:
    return News(family, kind, box.clock.now(), job, {})


def told(box, family, job, kind="job.completed"):
    return json.loads(wording(box)(news(box, family, job, kind)))


def fail(box, actor):
    job = submit(box, actor)
    outcome.fail(box, claim(box), InternalError("internals"))
    return job


def cancel(box, actor):
    return steering.cancel(box, actor.account, submit(box, actor).id)


def test_jobs_words_are_the_type_the_time_and_the_job(box, ada):
    job = completed(box, ada.actor)

    body = told(box, "jobs", job.id)

    assert set(body) == {"type", "timestamp", "data"}
    assert body["type"] == "job.completed"
    assert body["data"]["id"] == f"job_{job.id}"
    assert body["data"]["status"] == "completed"
    assert body["data"]["outputs"][0]["url"].startswith(f"{URL}/files/job_{job.id}-0/")


def test_studios_words_for_a_job_that_completed(box, ada):
    job = completed(box, ada.actor)

    body = told(box, "studio", job.id)

    assert (body["event"], body["data"]["status"]) == ("job.completed", "completed")
    assert body["data"]["outputUrl"].startswith(URL)
    assert {"jobId", "type", "outputType", "metadata", "createdAt", "completedAt"} <= {
        *body["data"]
    }


@pytest.mark.parametrize(
    ("end", "kind", "error"),
    [(fail, "job.failed", "Generation failed"), (cancel, "job.cancelled", "Cancelled")],
)
def test_studios_words_for_a_job_that_did_not(box, ada, end, kind, error):
    job = end(box, ada.actor)

    body = told(box, "studio", job.id, kind)

    assert (body["event"], body["data"]["status"]) == ("job.failed", "failed")
    assert (body["data"]["error"], body["data"]["creditsRefunded"]) == (error, 10)
    assert "failedAt" in body["data"]
    assert "internals" not in json.dumps(body)


def test_products_words_are_as_a_poll(box, ada):
    job = completed(box, ada.actor)

    body = told(box, "product", job.id)

    assert {name: body[name] for name in ("ok", "jobId", "status")} == {
        "ok": True,
        "jobId": f"job_{job.id}",
        "status": "completed",
    }
    assert body["output"]["url"].startswith(URL)


@pytest.mark.parametrize(
    ("family", "named"), [("jobs", "type"), ("studio", "event"), ("product", "a")]
)
def test_what_is_told_of_no_job_is_its_data(box, family, named):
    body = json.loads(
        wording(box)(News(family, "credits.low", box.clock.now(), None, {"a": "credits.low"}))
    )

    assert body[named] == "credits.low"


@pytest.mark.parametrize("family", ["jobs", "studio", "product"])
def test_a_body_stays_small_whatever_a_job_made(box, ada, family):
    submit(box, ada.actor)
    job = claim(box)
    files = [made_file(box, job, f"card-{'x' * 100}-{n}.txt") for n in range(100)]
    outcome.finish(box, job, outcome.Result(files, {"f": "x" * 15_000}, ("w" * 9000,), 1.0))

    body = wording(box)(news(box, family, job.id, "job.completed"))

    assert len(body) < 20_000
    said = json.loads(body)
    data = said.get("data", said)
    assert data["status"] == "completed"
    assert data.get("abridged", False) is (family != "product")


def test_what_fits_is_told_whole(box, ada):
    submit(box, ada.actor)
    job = claim(box)
    outcome.finish(box, job, outcome.Result([], {"f": "x" * 15_000}, (), 1.0))

    body = told(box, "jobs", job.id)

    assert body["data"]["facts"] == {"f": "x" * 15_000}
    assert "abridged" not in body["data"]
    assert reading.job_by_id(box, job.id).facts


@pytest.mark.parametrize(
    ("server", "url"),
    [
        ({"public_url": "https://studio.local/"}, "https://studio.local"),
        ({"host": "127.0.0.1"}, "http://127.0.0.1:8188"),
        ({"host": "::1"}, "http://[::1]:8188"),
        ({"lan": True}, "http://192.168.1.7:8188"),
    ],
)
def test_links_begin_where_the_box_is_reached(box, monkeypatch, server, url):
    monkeypatch.setattr(webhook_bodies, "lan_address", lambda: "192.168.1.7")

    assert own_url(replace(box.settings.server, **server)) == url
