"""Delivering by hand what the worker's courier delivers, and looking at what came of it."""

from __future__ import annotations

from appliance.services.webhooks import delivering, endpoints, log
from appliance.services.webhooks.log import Delivery
from appliance.web.webhook_bodies import wording


def carry(box) -> int:
    """Deliver what is due; how many tries that were."""
    tries = 0
    while due := delivering.next_due(box, ()):
        delivering.record(box, due, delivering.send(box, due, wording(box)))
        tries += 1
    return tries


def carry_until_ended(box) -> list[float]:
    """Deliver, whenever something comes due, until nothing is left; the pauses between tries, s."""
    pauses: list[float] = []
    while row := box.db.row("SELECT min(due_at) FROM delivery WHERE state = 'pending'"):
        if row[0] is None:
            return pauses
        wait = row[0] / 1e6 - box.clock.now().timestamp()
        box.clock.step(seconds=max(wait, 0))
        pauses.append(wait)
        assert carry(box) == 1
    raise AssertionError


def only(box, persona, endpoint) -> Delivery:
    (found,) = log.list_deliveries(box, persona.account, endpoint.id, limit=99)
    return found


def seen(box, persona, endpoint):
    return endpoints.find_endpoint(box, persona.account, endpoint.id)
