"""Making keys over HTTP: the same form and the same view of a key in two families."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from appliance.core.clock import iso
from appliance.core.errors import InvalidInput
from appliance.core.jobs import Environment
from appliance.core.money import usd
from appliance.core.scopes import Scope
from appliance.services.access.keys import KeyView, KeyWish

_FIELDS = ("name", "scopes", "tools", "environment", "quota", "expiresAt")
_LONGEST_NAME = 100


def wish_of(values: dict[str, Any]) -> KeyWish:
    """The key asked for. Raises InvalidInput naming the field."""
    for given in values:
        if given not in _FIELDS:
            raise InvalidInput(f"Unknown field {given[:80]!r}.", field=given[:80])
    name = values.get("name")
    if not isinstance(name, str) or not 1 <= len(name) <= _LONGEST_NAME or not name.isprintable():
        raise InvalidInput(
            f"name must have 1 to {_LONGEST_NAME} printable characters.", field="name"
        )
    return KeyWish(
        name=name,
        environment=_environment(values.get("environment", "live")),
        scopes=_scopes(values.get("scopes")),
        tools=_tools(values.get("tools")),
        quota=_quota(values.get("quota")),
        expires_at=_moment(values.get("expiresAt")),
    )


def shown(key: KeyView) -> dict[str, Any]:
    """A key as lists show it."""
    return {
        "id": key.id,
        "name": key.name,
        "key": key.hint,
        "environment": key.environment.value,
        "scopes": sorted(key.scopes),
        "tools": list(key.tools) if key.tools is not None else None,
        "quota": dict(key.quota),
        "status": "revoked" if key.revoked_at else "active",
        "createdAt": iso(key.created_at),
        "expiresAt": iso(key.expires_at) if key.expires_at else None,
        "lastUsedAt": iso(key.last_used_at) if key.last_used_at else None,
    }


def _environment(given: Any) -> Environment:
    if given not in list(Environment):
        raise InvalidInput("environment must be live or test.", field="environment")
    return Environment(given)


def _scopes(given: Any) -> frozenset[Scope] | None:
    if given is None:
        return None
    if not isinstance(given, list) or not given or any(each not in list(Scope) for each in given):
        raise InvalidInput(f"scopes must be a list of {', '.join(Scope)}.", field="scopes")
    return frozenset(map(Scope, given))


def _tools(given: Any) -> tuple[str, ...] | None:
    if given is None:
        return None
    slug = re.compile(r"[a-z0-9-]{1,60}")
    if not isinstance(given, list) or not all(
        isinstance(each, str) and slug.fullmatch(each) for each in given
    ):
        raise InvalidInput("tools must be a list of tool slugs.", field="tools")
    return tuple(given)


def _quota(given: Any) -> dict[str, Any]:
    if given is None:
        return {}
    if not isinstance(given, dict) or not given or set(given) - {"calls", "usd"}:
        raise InvalidInput('quota must be {"calls": 1000} or {"usd": "10"}.', field="quota")
    calls = given.get("calls", 0)
    if isinstance(calls, bool) or not isinstance(calls, int) or not 0 <= calls <= 10**9:
        raise InvalidInput("quota.calls must be a whole number.", field="quota")
    try:
        usd(given.get("usd", "0"))
    except (TypeError, ValueError):
        raise InvalidInput('quota.usd must be USD as text, such as "10".', field="quota") from None
    return given


def _moment(given: Any) -> datetime | None:
    if given is None:
        return None
    try:
        moment = datetime.fromisoformat(given)
    except (TypeError, ValueError):
        raise InvalidInput("expiresAt must be an ISO 8601 time.", field="expiresAt") from None
    if moment.tzinfo is None:
        raise InvalidInput("expiresAt must name its time zone, such as Z.", field="expiresAt")
    return moment
