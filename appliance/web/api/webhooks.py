"""Webhooks: endpoints that are told what happens, and the log of what they were sent."""

from __future__ import annotations

from typing import Annotated, Any, TypedDict

from flask import Response
from flask_smorest import Blueprint

from appliance.core.clock import iso
from appliance.core.errors import Conflict
from appliance.core.ids import job_name
from appliance.core.scopes import Scope
from appliance.services.box import Box
from appliance.services.webhooks import endpoints, log
from appliance.services.webhooks.endpoints import Endpoint, Made, Status
from appliance.services.webhooks.log import Delivery, DeliveryState
from appliance.web.actor import require
from appliance.web.body import read_body
from appliance.web.families.family import Desk
from appliance.web.listing import Listing, listed
from appliance.web.reply import Reply, respond
from appliance.web.routing import on
from appliance.web.shapes import Data, Moment, Page
from appliance.web.webhooks_form import (
    EventName,
    FilterWritten,
    WebhookAsked,
    WebhookChanged,
    change_of,
    wish_of,
)

_PATH = "/api/v1/webhooks"


class WebhookShown(TypedDict):
    """An endpoint, never its secret."""

    id: str
    family: Annotated[str, "In whose words it is told: jobs or studio"]
    url: Annotated[str | None, "Null: its secret only signs what jobs ask for themselves"]
    events: list[EventName]
    filter: FilterWritten
    description: str
    status: Status
    reason: Annotated[str | None, "Why it is disabled"]
    failing_since: Annotated[Moment | None, "Every try since then failed"]
    created_at: Moment


class WebhookMade(WebhookShown):
    """An endpoint with its secret."""

    secret: Annotated[str, "`whsec_…`; shown this once"]


class WebhookRotated(WebhookMade):
    """An endpoint with another secret."""

    old_secret_until: Annotated[Moment, "Until then deliveries are signed with both"]


class AttemptShown(TypedDict):
    """One try."""

    at: Moment
    status: Annotated[int | None, "Null: there was no answer"]
    ms: int
    response: Annotated[str, "What was answered, 2 KB at most"]
    error: str | None


class DeliveryShown(TypedDict):
    """An event for an endpoint; its `id` is the webhook-id of every try."""

    id: str
    webhook: str
    url: str | None
    event: str
    type: str
    job: str | None
    timestamp: Moment
    status: DeliveryState
    tries: Annotated[int, "Since it was last asked for"]
    next_try_at: Moment | None
    attempts: list[AttemptShown]


def add(blueprint: Blueprint, desk: Desk) -> None:
    """Register `/api/v1/webhooks`."""
    _add_all(blueprint, desk.box)
    _add_one(blueprint, desk.box)
    _add_secret(blueprint, desk.box)
    _add_log(blueprint, desk.box)


def _add_all(blueprint: Blueprint, box: Box) -> None:
    @on(blueprint, _PATH, asks=Listing, gives=Page[WebhookShown])
    def list_webhooks() -> Response:
        """List the account's webhooks, newest first."""
        actor = require(box, Scope.WEBHOOKS)
        return listed(
            lambda limit, cursor: endpoints.list_endpoints(
                box, actor.account, limit=limit, cursor=cursor
            ),
            _shown,
        )

    @on(
        *(blueprint, _PATH, "POST"),
        takes=WebhookAsked,
        gives={201: Data[WebhookMade]},
        refuses=(Conflict,),
    )
    def create_webhook() -> Response:
        """Make a webhook; its secret is shown this once."""
        actor = require(box, Scope.WEBHOOKS)
        made = endpoints.create_endpoint(box, actor.account, wish_of(read_body()))
        return respond(Reply({"data": _made(made)}, 201))


def _add_one(blueprint: Blueprint, box: Box) -> None:
    path = f"{_PATH}/<webhook>"

    @on(blueprint, path, gives=Data[WebhookShown])
    def read_webhook(webhook: str) -> Response:
        """Show a webhook."""
        actor = require(box, Scope.WEBHOOKS)
        found = endpoints.find_endpoint(box, actor.account, webhook)
        return respond(Reply({"data": _shown(found)}))

    @on(blueprint, path, "PATCH", takes=WebhookChanged, gives=Data[WebhookShown])
    @on(blueprint, path, "PUT", takes=WebhookChanged, gives=Data[WebhookShown])
    def change_webhook(webhook: str) -> Response:
        """Change a webhook; what is on its way goes to the new url."""
        actor = require(box, Scope.WEBHOOKS)
        change = change_of(read_body())
        changed = endpoints.change_endpoint(box, actor.account, webhook, change)
        return respond(Reply({"data": _shown(changed)}))

    @on(blueprint, path, "DELETE", gives={204: None})
    def delete_webhook(webhook: str) -> Response:
        """Delete a webhook with its log."""
        actor = require(box, Scope.WEBHOOKS)
        endpoints.delete_endpoint(box, actor.account, webhook)
        return Response(status=204)


def _add_secret(blueprint: Blueprint, box: Box) -> None:
    @on(blueprint, f"{_PATH}/<webhook>/rotate-secret", "POST", gives=Data[WebhookRotated])
    def rotate_webhook_secret(webhook: str) -> Response:
        """Give a webhook another secret; for 24 hours deliveries are signed with both."""
        actor = require(box, Scope.WEBHOOKS)
        made = endpoints.rotate_secret(box, actor.account, webhook)
        assert made.endpoint.old_until is not None
        until = iso(made.endpoint.old_until)
        return respond(Reply({"data": {**_made(made), "old_secret_until": until}}))


def _add_log(blueprint: Blueprint, box: Box) -> None:
    path = f"{_PATH}/<webhook>/deliveries"

    @on(blueprint, path, asks=Listing, gives=Page[DeliveryShown])
    def list_deliveries(webhook: str) -> Response:
        """List what a webhook was sent, newest first, with every try."""
        actor = require(box, Scope.WEBHOOKS)
        found = endpoints.find_endpoint(box, actor.account, webhook)
        return listed(
            lambda limit, cursor: log.list_deliveries(
                box, actor.account, found.id, limit=limit, cursor=cursor
            ),
            _delivery,
        )

    @on(
        *(blueprint, f"{_PATH}/<webhook>/test", "POST"),
        gives={202: Data[DeliveryShown]},
        refuses=(Conflict,),
    )
    def test_webhook(webhook: str) -> Response:
        """Send a webhook an event that tells of nothing."""
        actor = require(box, Scope.WEBHOOKS)
        sent = log.send_test(box, actor.account, webhook)
        return respond(Reply({"data": _delivery(sent)}, 202))

    @on(
        *(blueprint, f"{path}/<delivery>/redeliver", "POST"),
        gives={202: Data[DeliveryShown]},
        refuses=(Conflict,),
    )
    def redeliver(webhook: str, delivery: str) -> Response:
        """Send a delivery once more, under the same id."""
        actor = require(box, Scope.WEBHOOKS)
        sent = log.redeliver(box, actor.account, webhook, delivery)
        return respond(Reply({"data": _delivery(sent)}, 202))


def _made(made: Made) -> dict[str, Any]:
    return {**_shown(made.endpoint), "secret": made.secret}


def _shown(endpoint: Endpoint) -> dict[str, Any]:
    failing = endpoint.failing_since
    return {
        "id": endpoint.id,
        "family": endpoint.family,
        "url": endpoint.url,
        "events": list(endpoint.events),
        "filter": dict(endpoint.filter),
        "description": endpoint.description,
        "status": endpoint.status.value,
        "reason": endpoint.reason,
        "failing_since": iso(failing) if failing else None,
        "created_at": iso(endpoint.created_at),
    }


def _delivery(delivery: Delivery) -> dict[str, Any]:
    upcoming = delivery.next_try_at
    return {
        "id": delivery.id,
        "webhook": delivery.endpoint,
        "url": delivery.url,
        "event": delivery.event,
        "type": delivery.kind,
        "job": job_name(delivery.job) if delivery.job else None,
        "timestamp": iso(delivery.at),
        "status": delivery.state.value,
        "tries": delivery.tries,
        "next_try_at": iso(upcoming) if upcoming else None,
        "attempts": [
            {
                "at": iso(each.at),
                "status": each.status,
                "ms": each.ms,
                "response": each.head,
                "error": each.error,
            }
            for each in delivery.attempts
        ],
    }
