"""Bodies that make and change webhooks."""

from __future__ import annotations

import json
from typing import Annotated, Any, NotRequired, TypedDict

from appliance.core.errors import InvalidInput
from appliance.core.webhooks import EVENTS, read_events, read_filter
from appliance.services.webhooks.endpoints import EndpointChange, EndpointWish, Status
from appliance.web.body import Body
from appliance.web.shapes import Is

_LONGEST_URL, _LONGEST_DESCRIPTION = 2000, 200

EventName = Annotated[str, Is(enum=list(EVENTS))]
FilterWritten = Annotated[
    dict[str, list[str]],
    "Only events of these: `family`, `type` and `environment`, each a list of texts",
]
Address = Annotated[str, "https, or http for hosts that the admin allows", Is(maxLength=2000)]
Described = Annotated[str, Is(maxLength=200)]


class WebhookAsked(TypedDict):
    """A webhook to be made."""

    url: Address
    events: NotRequired[Annotated[list[EventName], "Without it all", Is(minItems=1)]]
    filter: NotRequired[FilterWritten]
    description: NotRequired[Described]


class WebhookChanged(TypedDict):
    """What to change of a webhook; events and filter are replaced whole."""

    url: NotRequired[Address]
    events: NotRequired[Annotated[list[EventName], Is(minItems=1)]]
    filter: NotRequired[FilterWritten]
    description: NotRequired[Described]
    status: NotRequired[Annotated[Status, "active forgets its failures"]]


def wish_of(body: Body) -> EndpointWish:
    """The webhook asked for. Raises InvalidInput naming the field."""
    given = _read(body, ("url", "events", "filter", "description"))
    if "url" not in given:
        raise InvalidInput("url is required: where to tell what happens.", field="url")
    return EndpointWish(**{"events": EVENTS, **given})


def change_of(body: Body) -> EndpointChange:
    """The change asked for. Raises InvalidInput naming the field."""
    return EndpointChange(**_read(body, ("url", "events", "filter", "description", "status")))


def _read(body: Body, known: tuple[str, ...]) -> dict[str, Any]:
    for name in body.values:
        if name not in known:
            raise InvalidInput(
                f"Unknown field {name[:80]!r}. Known: {', '.join(known)}.", field=name[:80]
            )
    return {
        name: _READERS[name](_loose(name, value) if body.lenient else value)
        for name, value in body.values.items()
    }


def _loose(name: str, value: Any) -> Any:
    """A form's text may hold a list or JSON."""
    if name == "events" and isinstance(value, str):
        return value.split(",")
    if name == "filter" and isinstance(value, str):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            raise InvalidInput("filter must be a JSON object.", field=name) from None
    return value


def _url(given: Any) -> str:
    if not isinstance(given, str) or len(given) > _LONGEST_URL or not given.isprintable():
        raise InvalidInput(
            f"url must be an address of at most {_LONGEST_URL} characters.", field="url"
        )
    return given


def _description(given: Any) -> str:
    if not isinstance(given, str) or len(given) > _LONGEST_DESCRIPTION or not given.isprintable():
        raise InvalidInput(
            f"description must have at most {_LONGEST_DESCRIPTION} printable characters.",
            field="description",
        )
    return given


def _status(given: Any) -> Status:
    if given not in list(Status):
        raise InvalidInput("status must be active or disabled.", field="status")
    return Status(given)


_READERS = {
    "url": _url,
    "events": read_events,
    "filter": read_filter,
    "description": _description,
    "status": _status,
}
