from __future__ import annotations

import json
from contextlib import closing

import pytest

from appliance.core.clock import iso
from appliance.core.jobs import Environment
from appliance.services import events
from appliance.services.access import keys
from appliance.services.access.keys import KeyWish
from appliance.services.jobs import steering
from tests.support.box import completed, submit
from tests.support.personas import with_key
from tests.unit.web.api.streams import PATH, STREAM, as_, job_path, watching


@pytest.mark.parametrize("kind", ["job", "account"])
def test_where_all_places_are_taken_a_stream_is_refused(watched, kind):
    box, client, desk, cast = watched
    job = submit(box, cast.ada.actor)
    path = job_path(job) if kind == "job" else PATH

    with desk.waiters.place(job.id):
        refused = client.get(path, headers=as_(cast.ada) | STREAM)

    assert refused.status_code == 429
    assert refused.headers["Retry-After"]
    with watching(client, path, as_(cast.ada) | STREAM) as stream:
        assert stream.reply.status_code == 200


def test_the_list_is_the_latest_events_with_their_jobs_as_they_are(watched, clock):
    box, client, _, cast = watched
    job = completed(box, cast.ada.actor)

    reply = client.get(f"{PATH}?limit=2", headers=as_(cast.ada))

    begun, done = reply.json["data"]
    assert (begun["type"], done["type"]) == ("job.processing", "job.completed")
    assert begun["data"] == done["data"]
    assert (done["data"]["id"], done["data"]["status"]) == (f"job_{job.id}", "completed")
    assert done["timestamp"] == iso(clock.now())
    assert reply.json["meta"] == {"after": events.newest(box), "more": False}


def test_a_list_is_followed_to_its_end_and_on(watched):
    box, client, _, cast = watched
    for _ in range(3):
        steering.cancel(box, cast.cyd.account, submit(box, cast.cyd.actor).id)
        completed(box, cast.ada.actor)
    seen, after, more = [], 0, True
    while more:
        page = client.get(f"{PATH}?after={after}&limit=2", headers=as_(cast.ada)).json
        seen += [each["type"] for each in page["data"]]
        after, more = page["meta"]["after"], page["meta"]["more"]
    nothing = client.get(f"{PATH}?after={after}", headers=as_(cast.ada)).json
    submit(box, cast.ada.actor)
    news = client.get(f"{PATH}?after={nothing['meta']['after']}", headers=as_(cast.ada)).json

    assert seen == ["job.pending", "job.processing", "job.completed"] * 3
    assert nothing["data"] == []
    assert [each["type"] for each in news["data"]] == ["job.pending"]


def test_what_is_no_jobs_shows_its_own_data(watched):
    box, client, _, cast = watched
    with box.db.transaction() as tx:
        account, live = cast.ada.account, Environment.LIVE
        events.record(tx, box, account, live, "credits.low", data={"credits_remaining": 3})

    (low,) = client.get(f"{PATH}?limit=1", headers=as_(cast.ada)).json["data"]

    assert (low["type"], low["data"]) == ("credits.low", {"credits_remaining": 3})


def test_a_stream_begins_now_and_says_where_that_is(watched):
    box, client, _, cast = watched
    completed(box, cast.ada.actor)
    with watching(client, PATH, as_(cast.ada) | STREAM) as stream:
        assert next(stream._chunks).decode() == f"id: {events.newest(box)}\n\n"
        job = submit(box, cast.ada.actor)

        (told,) = stream.next()
        assert told["event"] == "job.pending"
        assert told["id"] == str(events.newest(box))
        shown = json.loads(told["data"])
        assert (shown["type"], shown["data"]["id"]) == ("job.pending", f"job_{job.id}")
        assert shown["id"].startswith("evt_")


@pytest.mark.parametrize("way", ["header", "query", "both"])
def test_a_stream_tells_first_what_was_missed_in_order_and_once(watched, way):
    box, client, _, cast = watched
    submit(box, cast.ada.actor)
    known = events.newest(box)
    for _ in range(120):  # more than are read at once
        job = submit(box, cast.ada.actor)
        steering.cancel(box, cast.ada.account, job.id)
    query = {"header": "", "query": f"?after={known}", "both": "?after=0"}[way]
    header = {} if way == "query" else {"Last-Event-ID": str(known)}

    with watching(client, PATH + query, as_(cast.ada) | STREAM | header) as stream:
        told = stream.next(240)
        submit(box, cast.ada.actor)
        told += stream.next()

    assert [int(each["id"]) for each in told] == list(range(known + 1, known + 242))
    assert [each["event"] for each in told] == ["job.pending", "job.cancelled"] * 120 + [
        "job.pending"
    ]


def test_a_position_beyond_the_newest_is_the_newest(watched):
    box, client, _, cast = watched
    submit(box, cast.ada.actor)
    with watching(client, f"{PATH}?after={10**15}", as_(cast.ada) | STREAM) as stream:
        next(stream._chunks)
        submit(box, cast.ada.actor)

        assert stream.names() == ["job.pending"]


def test_a_key_is_told_of_its_account_and_its_balance(watched):
    box, client, _, cast = watched
    tester = with_key(box, cast.ada.account, "tester", Environment.TEST)
    for who in (cast.ada, cast.cyd, tester):
        submit(box, who.actor)

    seen = [
        [each["data"]["number"] for each in client.get(PATH, headers=as_(who)).json["data"]]
        for who in (cast.ada, cast.ben, cast.cyd, tester)
    ]
    assert seen == [[1], [1], [1], [2]]


def test_a_stream_ends_with_its_key(watched):
    box, client, _, cast = watched
    job = submit(box, cast.ben.actor)
    with watching(client, PATH, as_(cast.ben) | STREAM) as stream:
        next(stream._chunks)
        keys.revoke_key(box, cast.ben.account, cast.ben.key)
        steering.cancel(box, cast.ben.account, job.id)

        assert stream.rest() == ""
    with watching(client, PATH, as_(cast.ada) | STREAM) as stream:
        assert stream.reply.status_code == 200


def test_leaving_ends_a_stream(watched):
    _, client, desk, cast = watched
    with watching(client, PATH, as_(cast.ada) | STREAM) as stream:
        next(stream._chunks)
        desk.waiters.leave()

        assert stream.rest() == ""


@pytest.mark.parametrize("after", ["x", "-1", "1.5", "9" * 19, "9" * 6000])
def test_a_position_is_a_number_or_is_refused(watched, after):
    _, client, _, cast = watched
    for headers in (as_(cast.ada), as_(cast.ada) | STREAM):
        reply = client.get(PATH, query_string={"after": after}, headers=headers)

        assert (reply.status_code, reply.json["error"]["field"]) == (422, "after")
        told = client.get(PATH, headers=headers | {"Last-Event-ID": after})
        assert (told.status_code, told.json["error"]["code"]) == (422, "VALIDATION_ERROR")


def test_the_accounts_events_need_mgmt(watched):
    box, client, _, cast = watched
    wish = KeyWish("watched", scopes=frozenset())
    secret = keys.create_key(box, cast.ada.account, wish).secret

    reply = client.get(PATH, headers={"x-api-key": secret})

    assert (reply.status_code, reply.json["error"]["code"]) == (403, "INSUFFICIENT_SCOPE")


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (None, "application/json"),
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        ("text/html", "application/json"),
        ("text/event-stream", "text/event-stream"),
        ("text/event-stream, */*;q=0.1", "text/event-stream"),
    ],
)
def test_a_stream_is_told_to_those_who_ask_for_one(watched, accept, kind):
    _, client, _, cast = watched
    accepting = {} if accept is None else {"Accept": accept}

    with closing(client.get(PATH, headers=as_(cast.ada) | accepting, buffered=False)) as reply:
        assert reply.mimetype == kind


def test_a_stream_counts_once_in_the_rate(watched):
    box, client, _, cast = watched
    with watching(client, PATH, as_(cast.ada) | STREAM) as stream:
        for _ in range(100):
            submit(box, cast.ada.actor)
        stream.next(100)

    assert client.get(PATH, headers=as_(cast.ada)).status_code == 200
