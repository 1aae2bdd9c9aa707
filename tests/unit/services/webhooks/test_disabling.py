from __future__ import annotations

from datetime import timedelta

import pytest

from appliance.services import events
from appliance.services.webhooks import delivering, endpoints, own
from appliance.services.webhooks.delivering import Due
from appliance.services.webhooks.endpoints import EndpointChange, EndpointWish, Status
from appliance.services.webhooks.own import OwnChange
from appliance.web.webhook_bodies import wording
from tests.support.box import completed
from tests.support.receiver import Answering
from tests.unit.services.webhooks.carrying import carry, carry_until_ended, only, seen


def test_what_fails_for_five_days_is_disabled(box, ada, made, receiver, clock):
    receiver.usual = Answering(500)
    completed(box, ada.actor)
    carry_until_ended(box)
    # Given up after three days: not five of failing yet.
    assert seen(box, ada, made.endpoint).status is Status.ACTIVE
    since = seen(box, ada, made.endpoint).failing_since

    completed(box, ada.actor)
    carry_until_ended(box)

    endpoint = seen(box, ada, made.endpoint)
    assert (endpoint.status, endpoint.failing_since) == (Status.DISABLED, since)
    assert endpoint.reason == "Every try of the last 5 days failed."
    assert clock.now() - since >= timedelta(days=5)
    told = [each for each in events.latest(box, ada.actor, 9) if each.kind == "webhook.disabled"]
    assert [each.data["webhook"] for each in told] == [endpoint.id]


def test_one_success_forgives_all_failures(box, ada, made, receiver, clock):
    receiver.usual = Answering(500)
    completed(box, ada.actor)
    carry_until_ended(box)
    clock.step(days=2)
    receiver.answers.append(Answering(200))
    completed(box, ada.actor)
    carry_until_ended(box)
    assert seen(box, ada, made.endpoint).failing_since is None

    completed(box, ada.actor)
    carry_until_ended(box)

    assert seen(box, ada, made.endpoint).status is Status.ACTIVE


def test_after_a_quiet_week_one_failure_disables_nobody(box, ada, made, receiver, clock):
    receiver.answers.append(Answering(500))
    completed(box, ada.actor)
    carry(box)
    with box.db.transaction() as tx:  # it was given up then
        tx.run("UPDATE delivery SET state = 'failed', ended_at = 1")
    clock.step(days=7)
    receiver.answers.append(Answering(500))
    completed(box, ada.actor)

    carry_until_ended(box)

    endpoint = seen(box, ada, made.endpoint)
    assert (endpoint.status, endpoint.failing_since) == (Status.ACTIVE, None)


@pytest.mark.parametrize("status", [410, 500])
def test_a_url_that_a_job_asked_for_disables_nothing(box, ada, receiver, clock, status):
    receiver.usual = Answering(status)
    own.change_own(box, ada.account, OwnChange("https://hooks.example/a"))
    completed(box, ada.actor, family="product", webhook=receiver.url)
    clock.step(days=4)

    carry_until_ended(box)

    assert box.db.row("SELECT state FROM delivery") == ("failed",)
    assert box.db.row("SELECT status, failing_since FROM endpoint") == ("active", None)


def test_a_busy_endpoint_is_passed_over(box, ada, made, receiver):
    other = endpoints.create_endpoint(box, ada.account, EndpointWish(receiver.url))
    completed(box, ada.actor)

    first = delivering.next_due(box, ())
    second = delivering.next_due(box, {first.endpoint})

    assert {first.endpoint, second.endpoint} == {made.endpoint.id, other.endpoint.id}
    assert delivering.next_due(box, {first.endpoint, second.endpoint}) is None
    assert delivering.any_due(box)


def send_and(box, do) -> Due:
    """Send what is due and do something before that is recorded."""
    due = delivering.next_due(box, ())
    tried = delivering.send(box, due, wording(box))
    do()
    delivering.record(box, due, tried)
    return due


def test_an_endpoint_deleted_meanwhile_leaves_nothing_to_record(box, ada, made):
    completed(box, ada.actor)

    send_and(box, lambda: endpoints.delete_endpoint(box, ada.account, made.endpoint.id))

    assert box.db.row("SELECT count(*) FROM attempt") == (0,)


@pytest.mark.parametrize(("status", "state"), [(200, "delivered"), (500, "failed")])
def test_an_endpoint_disabled_meanwhile_stays_so(box, ada, made, receiver, status, state):
    receiver.usual = Answering(status)
    completed(box, ada.actor)
    disabled = EndpointChange(status=Status.DISABLED)

    send_and(
        box,
        lambda: endpoints.change_endpoint(box, ada.account, made.endpoint.id, disabled),
    )

    assert only(box, ada, made.endpoint).state == state
    assert seen(box, ada, made.endpoint).status is Status.DISABLED
    assert not delivering.any_due(box)


def test_a_delivery_that_was_not_recorded_is_sent_again_under_its_id(box, ada, made, receiver):
    completed(box, ada.actor)

    due = delivering.next_due(box, ())
    delivering.send(box, due, wording(box))
    carry(box)

    assert len(receiver.got) == 2
    assert len({told.id for told in receiver.got}) == 1


def test_a_url_taken_away_is_said_so(box, ada, receiver):
    own.change_own(box, ada.account, OwnChange(receiver.url))
    completed(box, ada.actor, family="studio")
    with box.db.transaction() as tx:
        tx.run("UPDATE endpoint SET url = NULL")

    assert carry(box) == 1

    assert box.db.row("SELECT error FROM attempt") == ("Its url was taken away.",)
    assert receiver.got == []
