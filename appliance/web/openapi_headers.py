"""The headers of the published contract: what may be sent, what comes back."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

_TEXT = {"type": "string"}
_WHOLE = {"type": "integer"}


def _always(says: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"description": says, "required": True, "schema": schema}


def _maybe(says: str, schema: Mapping[str, Any] = _TEXT) -> dict[str, Any]:
    return {"description": says, "schema": schema}


REPLIED: dict[str, dict[str, Any]] = {
    "X-Request-Id": _always(
        "The request's id, as the log knows it", {"type": "string", "pattern": "^req_[0-9A-Z]{26}$"}
    ),
    "X-RateLimit-Limit": _always("Requests the window takes", _WHOLE),
    "X-RateLimit-Remaining": _always("Requests left in the window", _WHOLE),
    "X-RateLimit-Reset": _always("Unix seconds when the window is wholly free", _WHOLE),
    "RateLimit": _always("The same as IETF has it", _TEXT),
    "RateLimit-Policy": _always("The window", _TEXT),
    "Retry-After": _maybe("Seconds until it is worth trying again", _WHOLE),
    "Allow": _maybe("The methods that are possible here"),
    "Location": _maybe("Where the job is polled"),
    "ETag": _maybe("Send it as If-None-Match to hear only of changes"),
    "Idempotent-Replayed": _maybe("This is an earlier reply again", {"const": "true"}),
    "Preference-Applied": _maybe("What of Prefer was followed"),
}
_SENT: dict[str, tuple[str, str, dict[str, Any]]] = {
    "IdempotencyKey": (
        "Idempotency-Key",
        "The same key with the same request gives the same reply again and does nothing twice",
        {"type": "string", "pattern": "^[!-~]{1,255}$"},
    ),
    "Prefer": (
        "Prefer",
        "`wait=30` waits for the job; `respond-async` does not wait for it",
        {"type": "string", "examples": ["wait=30"]},
    ),
    "CancelAfter": (
        "Cancel-After",
        "Cancel the job if it has not ended by then: `90s`, `5m`, `1h`",
        {"type": "string", "pattern": "^[0-9]{1,6}[smh]?$", "examples": ["90s"]},
    ),
    "IfNoneMatch": ("If-None-Match", "The ETag of an earlier reply: 304 if it still holds", _TEXT),
    "LastEventId": ("Last-Event-ID", "The last event that was heard", _TEXT),
    "Range": ("Range", "A part of the file", {"type": "string", "pattern": "^bytes=[0-9]+-$"}),
}
SENT = {
    key: {"in": "header", "name": name, "description": says, "schema": schema}
    for key, (name, says, schema) in _SENT.items()
}
_RATES = tuple(name for name in REPLIED if "RateLimit" in name)
_OF_SUBMISSION = ("IdempotencyKey", "Prefer", "CancelAfter")


def asked(gives: Mapping[int, Any], *, submits: bool, once: bool = False) -> list[str]:
    """The names in `SENT` of what a request may carry, by what its route gives."""
    names = list(_OF_SUBMISSION if submits else ())
    names += ["IdempotencyKey"] if once else []
    names += ["IfNoneMatch"] if 304 in gives else []
    names += ["Range"] if 206 in gives else []
    names += ["LastEventId"] if "text/event-stream" in _each(gives.get(200)) else []
    return names


def _each(gives: Any) -> tuple[Any, ...]:
    return gives if isinstance(gives, tuple) else (gives,)


def replied(
    path: str, status: int, others: Collection[int], *, submits: bool = False, once: bool = False
) -> dict[str, dict[str, str]]:
    """The headers that a reply of this status carries; `others`: the route's success statuses."""
    names = ["X-Request-Id"]
    names += _RATES if path.startswith("/api") else ()
    names += ["Location"] if status == 202 else []
    names += ["ETag"] if 304 in others else []
    names += ["Idempotent-Replayed"] if submits or once else []
    names += ["Preference-Applied"] if submits else []
    names += ["Retry-After"] if status in (429, 503) else []
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
