from __future__ import annotations

import pytest

from appliance.web.api import jobs
from tests.support.box import alive, completed, opened_box, submit
from tests.support.personas import move_in
from tests.unit.web.api.small_app import small_app


@pytest.fixture
def narrow(tmp_path, clock):
    """A box with one place for waiting, its app, its desk and its people."""
    with opened_box(tmp_path, clock=clock, server__max_waits=1) as box:
        alive(box)
        app, desk = small_app(box, jobs.add)
        yield box, app.test_client(), desk, move_in(box)


def as_(persona) -> dict[str, str]:
    return {"Authorization": f"Bearer {persona.secret}"}


def test_where_all_places_are_taken_a_poll_answers_at_once(narrow):
    box, client, desk, cast = narrow
    job = submit(box, cast.ada.actor)
    url = f"/api/v1/jobs/{job.id}"

    with desk.waiters.place(job.id):
        poll = client.get(f"{url}?wait=30", headers=as_(cast.ada))

    assert (poll.status_code, poll.json["data"]["status"]) == (200, "pending")


def test_a_job_of_cyds_is_not_found(narrow):
    box, client, _, cast = narrow
    job = submit(box, cast.cyd.actor)

    for ask in (client.get, client.delete):
        assert ask(f"/api/v1/jobs/{job.id}", headers=as_(cast.ada)).status_code == 404


def test_a_poll_that_changed_nothing_is_304(narrow):
    box, client, _, cast = narrow
    job = completed(box, cast.ada.actor)
    first = client.get(f"/api/v1/jobs/{job.id}", headers=as_(cast.ada))

    again = client.get(
        f"/api/v1/jobs/{job.id}", headers=as_(cast.ada) | {"If-None-Match": first.headers["ETag"]}
    )

    assert (first.status_code, again.status_code) == (200, 304)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=x", "limit"),
        ("status=done", "status"),
        ("since=yesterday", "since"),
        ("since=2026-03-14T12:00:00", "since"),
        ("cursor=nonsense", "cursor"),
        ("cursor=42", "cursor"),
    ],
)
def test_a_list_is_asked_for_rightly_or_refused_by_name(narrow, query, field):
    _, client, _, cast = narrow
    reply = client.get(f"/api/v1/jobs?{query}", headers=as_(cast.ada))

    assert (reply.status_code, reply.json["error"]["field"]) == (422, field)
