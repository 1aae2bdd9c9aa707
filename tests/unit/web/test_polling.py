from __future__ import annotations

import pytest

from appliance.web.api import jobs
from tests.support.box import alive, completed, opened_box, submit
from tests.support.personas import move_in
from tests.unit.web.api.small_app import small_app


@pytest.fixture
def counter(tmp_path, clock):
    """A box, its client and Ada, whose keys are in the headers."""
    with opened_box(tmp_path, clock=clock, storage__link_hours=24) as box:
        alive(box)
        app, _ = small_app(box, jobs.add)
        ada = move_in(box).ada
        yield box, app.test_client(), ada, {"Authorization": f"Bearer {ada.secret}"}


def polled_again(client, path, headers):
    first = client.get(path, headers=headers)
    return first, client.get(path, headers={**headers, "If-None-Match": first.headers["ETag"]})


def test_an_ended_job_is_304_without_a_body(counter):
    box, client, ada, headers = counter

    first, again = polled_again(client, f"/api/v1/jobs/{completed(box, ada.actor).id}", headers)

    assert (first.status_code, again.status_code, again.data) == (200, 304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert again.headers["Cache-Control"] == first.headers["Cache-Control"]


def test_a_pending_job_is_304_while_nothing_moves(counter):
    box, client, ada, headers = counter

    first, again = polled_again(client, f"/api/v1/jobs/{submit(box, ada.actor).id}", headers)

    assert (first.status_code, again.status_code) == (200, 304)


def test_money_spent_elsewhere_changes_no_job(counter):
    box, client, ada, headers = counter
    path = f"/api/v1/jobs/{completed(box, ada.actor).id}"
    tag = client.get(path, headers=headers).headers["ETag"]

    submit(box, ada.actor)

    assert client.get(path, headers={**headers, "If-None-Match": tag}).status_code == 304


def test_a_new_link_is_a_new_tag(counter, clock):
    box, client, ada, headers = counter
    path = f"/api/v1/jobs/{completed(box, ada.actor).id}"
    before = client.get(path, headers=headers)

    clock.step(hours=13)
    alive(box)
    after = client.get(path, headers={**headers, "If-None-Match": before.headers["ETag"]})

    assert after.status_code == 200
    links = [reply.json["data"]["outputs"][0]["url"] for reply in (before, after)]
    assert links[0] != links[1]


def test_another_address_is_another_tag(counter):
    box, client, ada, headers = counter
    path = f"/api/v1/jobs/{completed(box, ada.actor).id}"
    tag = client.get(path, headers=headers).headers["ETag"]

    elsewhere = {**headers, "If-None-Match": tag, "Host": "studio.example"}

    assert client.get(path, headers=elsewhere).status_code == 200


def test_a_tag_of_an_unfinished_job_ends_with_it(counter):
    box, client, ada, headers = counter
    job = submit(box, ada.actor)
    path = f"/api/v1/jobs/{job.id}"
    tag = client.get(path, headers=headers).headers["ETag"]

    client.delete(path, headers=headers)
    after = client.get(path, headers={**headers, "If-None-Match": tag})

    assert (after.status_code, after.json["data"]["status"]) == (200, "cancelled")


def test_a_tag_that_a_proxy_made_weak_is_known(counter):
    box, client, ada, headers = counter
    path = f"/api/v1/jobs/{completed(box, ada.actor).id}"
    tag = client.get(path, headers=headers).headers["ETag"]

    again = client.get(path, headers={**headers, "If-None-Match": f"W/{tag}"})

    assert (again.status_code, again.headers["ETag"]) == (304, tag)
