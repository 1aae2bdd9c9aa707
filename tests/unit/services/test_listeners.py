from __future__ import annotations

import json

import pytest

from appliance.adapters.queue import WEBHOOKS
from appliance.core.errors import InternalError
from appliance.core.jobs import Environment
from appliance.services import events
from appliance.services.jobs import outcome, steering
from appliance.services.webhooks import endpoints, own
from appliance.services.webhooks.endpoints import EndpointChange, EndpointWish, Status
from appliance.services.webhooks.own import OwnChange
from tests.support.box import ask, claim, completed, submit
from tests.support.personas import with_key

URL = "https://hooks.example/a"


def told(box) -> list[tuple[str, str, str]]:
    """What was to be delivered: family, kind, url."""
    return box.db.rows("SELECT family, kind, coalesce(url, '') FROM delivery ORDER BY rowid")


def listen(box, persona, **wish) -> str:
    made = endpoints.create_endpoint(box, persona.account, EndpointWish(URL, **wish))
    return made.endpoint.id


def fail(box, actor):
    submit(box, actor)
    outcome.fail(box, claim(box), InternalError("oops"))


def cancel(box, actor):
    steering.cancel(box, actor.account, submit(box, actor).id)


ENDS = {"job.completed": completed, "job.failed": fail, "job.cancelled": cancel}


@pytest.mark.parametrize("kind", ENDS)
def test_an_end_of_a_job_is_one_delivery_and_its_beginnings_none(box, ada, kind):
    endpoint = listen(box, ada)

    ENDS[kind](box, ada.actor)

    assert told(box) == [("jobs", kind, "")]
    row = box.db.row("SELECT endpoint, state, tries, data FROM delivery")
    assert row == (endpoint, "pending", 0, "{}")
    assert box.lanes._hueys[WEBHOOKS].pending_count() == 1


def test_without_an_endpoint_nothing_is_written_and_nobody_woken(box, ada):
    completed(box, ada.actor)

    assert told(box) == []
    assert box.lanes._hueys[WEBHOOKS].pending_count() == 0


def test_a_delivery_is_of_the_events_own_transaction(box, ada):
    listen(box, ada)

    def fall_over() -> None:
        with box.db.transaction() as tx:
            events.record(tx, box, ada.account, Environment.LIVE, "credits.low")
            raise RuntimeError("the power is cut")

    with pytest.raises(RuntimeError):
        fall_over()

    assert told(box) == []
    assert box.lanes._hueys[WEBHOOKS].pending_count() == 0


def test_what_is_told_of_no_job_carries_its_data(box, ada):
    listen(box, ada, events=("credits.low",))

    with box.db.transaction() as tx:
        data = {"credits_remaining": 3}
        events.record(tx, box, ada.account, Environment.LIVE, "credits.low", data=data)

    row = box.db.row("SELECT kind, job, data, event FROM delivery")
    assert row[:2] == ("credits.low", None)
    assert json.loads(row[2]) == data
    assert box.db.row("SELECT kind FROM event WHERE id = ?", (row[3],)) == ("credits.low",)


def test_only_the_events_asked_for_are_told(box, ada):
    listen(box, ada, events=("job.failed",))

    completed(box, ada.actor)
    fail(box, ada.actor)

    assert told(box) == [("jobs", "job.failed", "")]


@pytest.mark.parametrize(
    ("wanted", "heard"),
    [
        ({}, 1),
        ({"family": ["wallet"], "type": ["video"]}, 1),
        ({"family": ["jobs"]}, 0),
        ({"type": ["image"]}, 0),
        ({"environment": ["test"]}, 0),
        ({"environment": ["live"]}, 1),
    ],
)
def test_a_filter_narrows_what_is_told(box, ada, wanted, heard):
    listen(box, ada, filter=wanted)

    completed(box, ada.actor, family="wallet", type="video")

    assert len(told(box)) == heard


def test_every_endpoint_of_the_account_is_told_and_no_strangers(box, ada, cyd):
    both = {listen(box, ada), listen(box, ada)}
    listen(box, cyd)

    completed(box, ada.actor)

    assert {row[0] for row in box.db.rows("SELECT endpoint FROM delivery")} == both


def test_a_test_key_is_heard_of_too(box, ada):
    listen(box, ada)
    tester = with_key(box, ada.account, "tester", Environment.TEST)

    completed(box, tester.actor)

    assert told(box) == [("jobs", "job.completed", "")]


def test_a_disabled_endpoint_is_told_nothing(box, ada):
    endpoint = listen(box, ada)
    change = EndpointChange(status=Status.DISABLED)
    endpoints.change_endpoint(box, ada.account, endpoint, change)

    completed(box, ada.actor)

    assert told(box) == []


@pytest.mark.parametrize(
    ("family", "all_jobs", "heard"),
    [("studio", False, 1), ("jobs", False, 0), ("jobs", True, 1), ("studio", True, 1)],
)
def test_studios_url_hears_studios_jobs_unless_it_wants_all(box, ada, family, all_jobs, heard):
    own.change_own(box, ada.account, OwnChange(URL, all_jobs))

    completed(box, ada.actor, family=family)

    assert told(box) == [("studio", "job.completed", "")] * heard


@pytest.mark.parametrize(("family", "words"), [("product", "product"), ("native", "jobs")])
@pytest.mark.parametrize("kind", ENDS)
def test_a_job_is_told_to_the_url_it_asked_for(box, ada, kind, family, words):
    submit_ = {"family": family, "webhook": URL}
    if kind == "job.completed":
        completed(box, ada.actor, **submit_)
    else:
        job = submit(box, ada.actor, **submit_)
        ends = {"job.failed": fail_claimed, "job.cancelled": cancel_job}
        ends[kind](box, job)

    assert told(box) == [(words, kind, URL)]
    assert box.db.rows("SELECT family, url, shown FROM endpoint") == [("studio", None, 0)]


def fail_claimed(box, _job):
    outcome.fail(box, claim(box), InternalError("oops"))


def cancel_job(box, job):
    steering.cancel(box, job.account, job.id)


def test_jobs_that_ask_for_a_url_share_the_accounts_secret(box, ada):
    for _ in range(2):
        completed(box, ada.actor, family="product", webhook=URL)

    assert len(box.db.rows("SELECT DISTINCT endpoint FROM delivery")) == 1
    assert box.db.row("SELECT count(*) FROM endpoint") == (1,)


def test_a_request_says_which_url_it_wants_told(ada):
    assert ask(ada.actor).webhook is None
