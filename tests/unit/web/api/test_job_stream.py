from __future__ import annotations

import json

from appliance.core.errors import InternalError
from appliance.core.progress import Step
from appliance.services.jobs import claiming, outcome
from tests.support.box import claim, completed, submit
from tests.unit.web.api.streams import as_, frames, job_path, watching


def test_a_stream_of_an_ended_job_is_its_end_and_resuming_it_is_nothing(watched):
    box, client, _, cast = watched
    job = completed(box, cast.ada.actor)

    reply = client.get(job_path(job), headers=as_(cast.ada))

    (told,) = frames(reply.text)
    assert reply.mimetype == "text/event-stream"
    assert (told["event"], json.loads(told["data"])["status"]) == ("completed", "completed")
    again = client.get(job_path(job), headers=as_(cast.ada, Last_Event_ID=told["id"]))
    assert (again.status_code, again.data) == (204, b"")


def test_a_stream_tells_what_happens_and_ends(watched):
    box, client, _, cast = watched
    job = submit(box, cast.ada.actor)
    with watching(client, job_path(job), as_(cast.ada)) as stream:
        assert stream.names() == ["queued"]
        running = claim(box)
        assert stream.names() == ["progress"]
        box.live.report(job.id, 1, Step(0.5, step=1, steps=2, preview=b"jpeg"))
        outcome.fail(box, running, InternalError("oops"))

        assert json.loads(stream.next()[0]["data"])["error"]["message"] == "oops"
        assert stream.rest() == ""


def test_a_stream_goes_on_where_another_was_cut_off(watched):
    box, client, _, cast = watched
    job = submit(box, cast.ada.actor)
    running = claim(box)
    box.live.report(job.id, 1, Step(0.5, preview=b"jpeg"))
    with watching(client, job_path(job), as_(cast.ada)) as stream:
        preview, progress = stream.next(2)
    box.live.report(job.id, 1, Step(0.7, preview=None))

    with watching(client, job_path(job), as_(cast.ada, Last_Event_ID=preview["id"])) as stream:
        assert stream.names() == ["progress"]
    with watching(client, job_path(job), as_(cast.ada, Last_Event_ID=progress["id"])) as stream:
        assert json.loads(stream.next()[0]["data"])["progress"] == 0.7
        claiming.give_back(box, running)
        assert stream.names() == ["queued"]


def test_a_job_of_cyds_is_not_watched(watched):
    box, client, _, cast = watched
    job = submit(box, cast.cyd.actor)

    assert client.get(job_path(job), headers=as_(cast.ada)).status_code == 404


def test_asking_for_the_head_of_a_stream_keeps_no_place(watched):
    box, client, _, cast = watched
    job = submit(box, cast.ada.actor)

    for _ in range(3):
        assert client.head(job_path(job), headers=as_(cast.ada)).status_code == 200
