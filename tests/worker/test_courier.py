from __future__ import annotations

from appliance.services.webhooks import endpoints, log
from appliance.services.webhooks.endpoints import EndpointWish
from appliance.worker.courier import Courier
from appliance.worker.running import Running
from tests.support.box import completed

URL = "https://hooks.studio.test/a"


def broken(_news: object) -> bytes:
    raise KeyError("a bug of ours")


def test_a_bug_of_ours_is_a_failed_try_and_the_next_delivery_goes_on(box, ada):
    made = endpoints.create_endpoint(box, ada.account, EndpointWish(URL)).endpoint
    for _ in range(2):
        completed(box, ada.actor)

    Courier(box, broken, Running()).run_next()

    found = log.list_deliveries(box, ada.account, made.id, limit=9)
    assert [each.tries for each in found] == [1, 1]
    (attempt,) = found[0].attempts
    assert attempt.error == "Something went wrong on the appliance; its log has the details."


def test_told_to_stop_it_takes_nothing_more(box, ada):
    made = endpoints.create_endpoint(box, ada.account, EndpointWish(URL)).endpoint
    completed(box, ada.actor)
    running = Running()
    running.stopping.set()

    Courier(box, broken, running).run_next()

    (left,) = log.list_deliveries(box, ada.account, made.id, limit=9)
    assert (left.tries, left.attempts) == (0, ())
