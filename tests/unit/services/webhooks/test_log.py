from __future__ import annotations

import pytest

from appliance.core.errors import Conflict, NotFound
from appliance.services.files import retention
from appliance.services.webhooks import delivering, endpoints, log, own
from appliance.services.webhooks.endpoints import EndpointChange, EndpointWish, Made, Status
from appliance.services.webhooks.log import DeliveryState
from appliance.services.webhooks.own import OwnChange
from appliance.web.webhook_bodies import wording
from tests.support.box import completed
from tests.support.receiver import Answering


@pytest.fixture
def made(box, ada, receiver) -> Made:
    return endpoints.create_endpoint(box, ada.account, EndpointWish(receiver.url))


def carry(box) -> None:
    while due := delivering.next_due(box, ()):
        delivering.record(box, due, delivering.send(box, due, wording(box)))


def listed(box, persona, made, limit=99, cursor=None):
    endpoint = made.endpoint.id
    return log.list_deliveries(box, persona.account, endpoint, limit=limit, cursor=cursor)


def disable(box, persona, made) -> None:
    change = EndpointChange(status=Status.DISABLED)
    endpoints.change_endpoint(box, persona.account, made.endpoint.id, change)


def test_deliveries_are_listed_newest_first_page_by_page(box, ada, made):
    for _ in range(3):
        completed(box, ada.actor)

    everything = listed(box, ada, made)
    first = listed(box, ada, made, limit=2)

    assert [each.id for each in everything] == sorted((e.id for e in everything), reverse=True)
    assert first + listed(box, ada, made, limit=2, cursor=first[-1].id) == everything
    assert {each.kind for each in everything} == {"job.completed"}
    assert all(each.job and each.url for each in everything)


def test_a_stranger_sees_none(box, ada, cyd, made):
    completed(box, ada.actor)
    (delivery,) = listed(box, ada, made)

    assert listed(box, cyd, made) == []
    for look in (log.find_delivery, log.redeliver):
        with pytest.raises(NotFound):
            look(box, cyd.account, made.endpoint.id, delivery.id)
    assert listed(box, ada, made) == [delivery]


def test_a_test_is_delivered_as_any_event(box, ada, made, receiver):
    sent = log.send_test(box, ada.account, made.endpoint.id)
    carry(box)

    (told,) = receiver.got
    body = told.verified(made.secret)
    assert (told.id, sent.state) == (sent.id, DeliveryState.PENDING)
    assert body["type"] == "webhook.test"
    assert body["data"] == {"webhook": made.endpoint.id}
    assert listed(box, ada, made)[0].state is DeliveryState.DELIVERED


def test_a_disabled_endpoint_is_sent_neither_a_test_nor_anything_again(box, ada, made):
    completed(box, ada.actor)
    (delivery,) = listed(box, ada, made)
    disable(box, ada, made)

    with pytest.raises(Conflict):
        log.send_test(box, ada.account, made.endpoint.id)
    with pytest.raises(Conflict):
        log.redeliver(box, ada.account, made.endpoint.id, delivery.id)

    assert {each.state for each in listed(box, ada, made)} == {DeliveryState.FAILED}


def test_an_endpoint_without_a_url_is_sent_no_test(box, ada):
    own.change_own(box, ada.account, OwnChange())
    (endpoint,) = endpoints.list_endpoints(box, ada.account)

    with pytest.raises(Conflict):
        log.send_test(box, ada.account, endpoint.id)


def test_a_delivery_is_sent_again_under_its_id(box, ada, made, receiver):
    completed(box, ada.actor)
    carry(box)
    (delivery,) = listed(box, ada, made)

    again = log.redeliver(box, ada.account, made.endpoint.id, delivery.id)
    carry(box)

    assert (again.id, again.state, again.tries) == (delivery.id, DeliveryState.PENDING, 0)
    assert [told.id for told in receiver.got] == [delivery.id] * 2
    (after,) = listed(box, ada, made)
    assert (after.state, after.tries, len(after.attempts)) == (DeliveryState.DELIVERED, 1, 2)


def test_sent_again_it_is_tried_as_often_as_the_first_time(box, ada, receiver, clock):
    own.change_own(box, ada.account, OwnChange(receiver.url))
    (endpoint,) = endpoints.list_endpoints(box, ada.account)
    receiver.usual = Answering(500)
    sent = log.send_test(box, ada.account, endpoint.id)
    for _ in range(4):
        carry(box)
        clock.step(minutes=6)
    assert log.find_delivery(box, ada.account, endpoint.id, sent.id).state is DeliveryState.FAILED

    log.redeliver(box, ada.account, endpoint.id, sent.id)
    carry(box)

    assert log.find_delivery(box, ada.account, endpoint.id, sent.id).state is DeliveryState.PENDING


def test_what_a_job_asked_for_is_sent_again_though_the_endpoint_has_no_url(box, ada, receiver):
    completed(box, ada.actor, family="product", webhook=receiver.url)
    carry(box)
    (endpoint,) = endpoints.list_endpoints(box, ada.account)
    (delivery,) = log.list_deliveries(box, ada.account, endpoint.id, limit=9)

    log.redeliver(box, ada.account, endpoint.id, delivery.id)
    carry(box)

    assert len(receiver.got) == 2


def test_ended_deliveries_go_with_their_time_and_pending_ones_stay(box, ada, made, receiver, clock):
    completed(box, ada.actor)
    carry(box)
    completed(box, ada.actor)
    ended, pending = reversed(listed(box, ada, made))
    clock.step(days=box.settings.storage.events_days)

    retention.remove_old_rows(box)

    assert [each.id for each in listed(box, ada, made)] == [pending.id]
    assert ended.state is DeliveryState.DELIVERED
    assert box.db.row("SELECT count(*) FROM attempt") == (0,)
    carry(box)  # its event is gone, and it is told all the same
    assert receiver.got[-1].verified(made.secret)["type"] == "job.completed"
