"""Webhooks: what is signed and how, who wants what, and when a delivery is tried again. Pure.

Deliveries follow Standard Webhooks: an id that stays the same over all tries, the time of this one,
and a signature over both and the body.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import b64decode, b64encode
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum

from appliance.core.errors import InvalidInput

JOB_ENDS = ("job.completed", "job.failed", "job.cancelled")
EVENTS = (*JOB_ENDS, "pipeline.completed", "pipeline.failed", "credits.low")
TEST, DISABLED = "webhook.test", "webhook.disabled"
ROTATION = timedelta(hours=24)  # how long the secret before the present one signs too

Filter = Mapping[str, Sequence[str]]  # what an event must be, by name: one of these
STUDIOS_JOBS: Filter = {"family": ["studio"]}

_FILTERS = ("family", "type", "environment")
_MOST_VALUES, _LONGEST_VALUE = 20, 100
_SECRET, _BYTES = "whsec_", 32
_JITTER = 0.1  # of a pause, at most
_LONGEST_WISH_S = 24 * 3600.0


def new_secret() -> str:
    """A fresh secret of an endpoint: shown once."""
    return _SECRET + b64encode(secrets.token_bytes(_BYTES)).decode()


def signed_headers(message: str, at: datetime, body: bytes, by: Collection[str]) -> dict[str, str]:
    """The headers of one try at sending `body`: signed with every secret of `by`."""
    seconds = int(at.timestamp())
    signatures = (_signature(secret, f"{message}.{seconds}.".encode() + body) for secret in by)
    return {
        "webhook-id": message,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(signatures),
    }


def _signature(secret: str, signed: bytes) -> str:
    key = b64decode(secret.removeprefix(_SECRET))
    return "v1," + b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


class Verdict(StrEnum):
    """What a receiver's answer means."""

    DELIVERED = "delivered"
    AGAIN = "again"
    GONE = "gone"


def verdict(status: int | None) -> Verdict:
    """What a status means; None: there was no answer. A redirect is no delivery."""
    if status is not None and 200 <= status < 300:
        return Verdict.DELIVERED
    return Verdict.GONE if status == 410 else Verdict.AGAIN


def wish_s(retry_after: str, now: datetime) -> float | None:
    """Seconds that a Retry-After asks for, as a number or a moment (RFC 9110); None for neither."""
    if retry_after.isascii() and retry_after.isdigit() and len(retry_after) < 7:
        return float(retry_after)
    try:
        until = parsedate_to_datetime(retry_after)
    except (ValueError, TypeError):
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max((until - now).total_seconds(), 0.0)


def pause_s(
    schedule: Sequence[float], tries: int, *, wish_s: float | None, draw: float
) -> float | None:
    """Seconds until a delivery that failed `tries` times is tried again; None: it is given up.

    `schedule`: the pauses after each failure. `wish_s`: the receiver's Retry-After, heeded up to a
    day. `draw`: a random number from 0 to 1, so that those who failed together do not come back
    together.
    """
    if tries > len(schedule):
        return None
    return max(schedule[tries - 1] * (1 + _JITTER * draw), min(wish_s or 0.0, _LONGEST_WISH_S))


def passes(wanted: Filter, facts: Mapping[str, str | None]) -> bool:
    """Whether an event of these facts passes; what an event has no word for does not hold it up."""
    known = ((facts.get(name), values) for name, values in wanted.items())
    return all(fact is None or fact in values for fact, values in known)


def read_events(given: object) -> tuple[str, ...]:
    """The events an endpoint is to hear, checked. Raises InvalidInput."""
    if not isinstance(given, list) or not given or any(each not in EVENTS for each in given):
        raise InvalidInput(f"events must be a list of {', '.join(EVENTS)}.", field="events")
    return tuple(dict.fromkeys(given))


def read_filter(given: object) -> dict[str, list[str]]:
    """The filter, checked. Raises InvalidInput."""
    if not isinstance(given, dict) or not set(given) <= set(_FILTERS):
        raise InvalidInput(
            f'filter must be like {{"family": ["studio"]}}; it may name {", ".join(_FILTERS)}.',
            field="filter",
        )
    return {name: _values(name, values) for name, values in given.items()}


def _values(name: str, given: object) -> list[str]:
    if (
        not isinstance(given, list)
        or not 1 <= len(given) <= _MOST_VALUES
        or not all(isinstance(each, str) and len(each) <= _LONGEST_VALUE for each in given)
    ):
        raise InvalidInput(
            f"filter.{name} must be a list of 1 to {_MOST_VALUES} texts.", field="filter"
        )
    return given
