from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime

import pytest
from standardwebhooks import WebhookVerificationError

from appliance.services import events
from appliance.services.webhooks import delivering, endpoints, log, own
from appliance.services.webhooks.endpoints import EndpointChange, EndpointWish, Status
from appliance.services.webhooks.log import DeliveryState
from appliance.services.webhooks.own import OwnChange
from tests.support.box import completed
from tests.support.receiver import Answering
from tests.unit.services.webhooks.carrying import carry, carry_until_ended, only, seen


def test_what_is_delivered_is_verified_and_logged(box, ada, made, receiver, clock):
    completed(box, ada.actor)

    assert carry(box) == 1

    (told,) = receiver.got
    body = told.verified(made.secret)
    assert (body["type"], body["data"]["status"]) == ("job.completed", "completed")
    assert told.headers["content-type"] == "application/json"
    delivery = only(box, ada, made.endpoint)
    assert (told.id, delivery.state, delivery.tries) == (delivery.id, DeliveryState.DELIVERED, 1)
    (attempt,) = delivery.attempts
    assert (attempt.status, attempt.head, attempt.error) == (200, "thanks", None)
    assert attempt.at == clock.now()
    assert not delivering.any_due(box)


def test_a_receiver_that_fails_is_told_again_under_the_same_id(box, ada, made, receiver):
    receiver.answers.extend([Answering(500, body=b"oops"), Answering(503), Answering(204)])
    completed(box, ada.actor)

    carry_until_ended(box)

    assert len({told.id for told in receiver.got}) == 1
    assert len({told.headers["webhook-timestamp"] for told in receiver.got}) == 3
    assert all(told.verified(made.secret) for told in receiver.got)
    delivery = only(box, ada, made.endpoint)
    assert [each.status for each in delivery.attempts] == [500, 503, 204]
    assert (delivery.state, delivery.attempts[0].head) == (DeliveryState.DELIVERED, "oops")
    assert seen(box, ada, made.endpoint).failing_since is None


SCHEDULES = {
    "jobs": (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400),
    "studio": (10, 60, 300),
    "product": (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400),
}


def listen_as(family, box, persona, url) -> dict[str, str]:
    """Have the url told in the words of a family; what the job asks for itself."""
    if family == "jobs":
        endpoints.create_endpoint(box, persona.account, EndpointWish(url))
    if family == "studio":
        own.change_own(box, persona.account, OwnChange(url))
    return {"webhook": url} if family == "product" else {}


@pytest.mark.parametrize("family", SCHEDULES)
def test_each_family_is_tried_on_its_schedule_then_given_up(box, ada, receiver, family):
    receiver.usual = Answering(500)
    completed(box, ada.actor, family=family, **listen_as(family, box, ada, receiver.url))

    first, *pauses = carry_until_ended(box)

    assert first <= 0
    for pause, planned in zip(pauses, SCHEDULES[family], strict=True):
        assert planned - 1 <= pause <= planned * 1.1 + 1
    assert box.db.row("SELECT state, tries FROM delivery") == ("failed", len(pauses) + 1)
    assert len({told.id for told in receiver.got}) == 1


def test_those_who_failed_together_do_not_come_back_together(box, ada, receiver, made):
    receiver.usual = Answering(500)
    for _ in range(5):
        completed(box, ada.actor)

    carry(box)

    assert len(box.db.rows("SELECT DISTINCT due_at FROM delivery")) == 5


@pytest.mark.parametrize("as_moment", [False, True])
def test_a_receiver_that_asks_for_time_gets_it(box, ada, made, receiver, clock, as_moment):
    clock.step(microseconds=-clock.now().microsecond)
    until = format_datetime(clock.now() + timedelta(seconds=120), usegmt=True)
    receiver.answers.append(Answering(429, {"Retry-After": until if as_moment else "120"}))
    completed(box, ada.actor)
    carry(box)

    clock.step(seconds=119)
    assert carry(box) == 0
    clock.step(seconds=1)
    assert carry(box) == 1


def test_a_receiver_that_is_gone_is_disabled_at_once(box, ada, made, receiver):
    receiver.usual = Answering(410)
    completed(box, ada.actor)
    completed(box, ada.actor)

    assert carry(box) == 1

    endpoint = seen(box, ada, made.endpoint)
    assert (endpoint.status, endpoint.reason) == (Status.DISABLED, "It answered 410 Gone.")
    deliveries = log.list_deliveries(box, ada.account, made.endpoint.id, limit=9)
    assert {each.state for each in deliveries} == {DeliveryState.FAILED}
    assert [each.kind for each in events.latest(box, ada.actor, 1)] == ["webhook.disabled"]


def test_a_redirect_is_a_failure_and_not_followed(box, ada, made, receiver):
    receiver.answers.append(Answering(302, {"Location": receiver.url}))
    completed(box, ada.actor)

    assert carry(box) == 1

    delivery = only(box, ada, made.endpoint)
    assert (delivery.state, delivery.attempts[0].status) == (DeliveryState.PENDING, 302)
    assert len(receiver.got) == 1


def test_a_receiver_that_takes_too_long_is_a_failure(box, ada, made, receiver):
    receiver.answers.append(Answering(after_s=3.0))
    completed(box, ada.actor)

    carry(box)

    (attempt,) = only(box, ada, made.endpoint).attempts
    assert attempt.status is None
    assert attempt.error
    assert attempt.ms >= 1000


def test_nobody_there_is_a_failure(box, ada, made, receiver):
    receiver.close()
    completed(box, ada.actor)

    carry(box)

    (attempt,) = only(box, ada, made.endpoint).attempts
    assert (attempt.status, attempt.error) == (None, "127.0.0.1 could not be reached.")


def test_of_a_huge_answer_2_kb_are_kept(box, ada, made, receiver):
    receiver.answers.append(Answering(body=b"x" * 5_000_000))
    completed(box, ada.actor)

    carry(box)

    (attempt,) = only(box, ada, made.endpoint).attempts
    assert (attempt.status, len(attempt.head)) == (200, 2048)


def test_an_address_that_may_not_be_asked_any_more_is_not(box, ada, made, receiver):
    completed(box, ada.actor)
    with box.db.transaction() as tx:
        tx.run("UPDATE endpoint SET url = 'https://10.1.2.3/'")

    carry(box)

    (attempt,) = only(box, ada, made.endpoint).attempts
    assert attempt.status is None
    assert "may not be asked" in (attempt.error or "")


def test_in_a_rotation_both_secrets_sign_and_a_day_later_the_new_one(
    box, ada, made, receiver, clock
):
    again = endpoints.rotate_secret(box, ada.account, made.endpoint.id)
    completed(box, ada.actor)
    carry(box)
    clock.step(hours=24)
    completed(box, ada.actor)
    carry(box)

    within, after = receiver.got
    assert within.verified(made.secret) == within.verified(again.secret)
    assert after.verified(again.secret)
    with pytest.raises(WebhookVerificationError):
        after.verified(made.secret)


def test_a_changed_url_is_where_the_next_try_goes(box, ada, made, receiver, clock):
    receiver.answers.append(Answering(500))
    completed(box, ada.actor)
    carry(box)

    change = EndpointChange(url=f"{receiver.url}/new")
    endpoints.change_endpoint(box, ada.account, made.endpoint.id, change)
    clock.step(minutes=1)
    carry(box)

    assert [told.path for told in receiver.got] == ["/hook", "/hook/new"]


def test_what_a_job_asked_for_is_signed_with_the_accounts_secret(box, ada, receiver):
    completed(box, ada.actor, family="product", webhook=receiver.url)
    secret = own.change_own(box, ada.account, OwnChange()).secret

    carry(box)

    (told,) = receiver.got
    body = told.verified(secret)
    assert (body["ok"], body["status"]) == (True, "completed")
