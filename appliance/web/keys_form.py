"""Making keys and apps over HTTP: one form and one view of each, in two families."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, NotRequired, TypedDict

from appliance.core.clock import iso
from appliance.core.errors import InvalidInput
from appliance.core.ids import AppId
from appliance.core.jobs import Environment
from appliance.core.limits import read_limits, read_quota
from appliance.core.scopes import Scope
from appliance.services.access.keys import KeyStatus, KeyView
from appliance.services.access.wishes import KeyWish
from appliance.web.body import Body
from appliance.web.families.tools.routes import TOOLS
from appliance.web.shapes import Moment

_LONGEST_NAME = 100
_ALIASES = {"expires_at": "expiresAt"}
_SLUG = re.compile(r"[a-z0-9-]{1,60}")

Named = Annotated[str, "1 to 100 characters"]
LimitsWritten = Annotated[
    dict[str, str | int],
    "A class of rates or a count, such as generation: 20 per 1 minute, concurrent_jobs: 2",
]


class QuotaWritten(TypedDict):
    """What may be used in a calendar month, UTC."""

    calls: NotRequired[Annotated[int, "Jobs that did not fail"]]
    usd: NotRequired[Annotated[str, "What they may cost"]]


class KeyAsked(TypedDict):
    """A key to be made: what is left out is as its maker's."""

    name: Named
    environment: NotRequired[Environment]
    scopes: NotRequired[Annotated[list[Scope], "Without it every scope but admin"]]
    tools: NotRequired[Annotated[list[str], "Slugs or aliases; without it all"]]
    app: NotRequired[Annotated[str, "The app it belongs to"]]
    limits: NotRequired[Annotated[LimitsWritten, "Its own, beside those of its plan"]]
    quota: NotRequired[QuotaWritten]
    expiresAt: NotRequired[Moment]


class KeyMade(TypedDict):
    """A key just made."""

    id: str
    key: Annotated[str, "Shown this once"]
    name: str


class KeyShown(TypedDict):
    """A key as lists show it, never the key itself."""

    id: str
    name: str
    key: Annotated[str, "Its first characters"]
    environment: Environment
    scopes: list[Scope]
    tools: list[str] | None
    app: str | None
    limits: LimitsWritten
    quota: QuotaWritten
    status: KeyStatus
    createdAt: Moment
    expiresAt: Moment | None
    lastUsedAt: Annotated[Moment | None, "A minute behind at most"]


def wish_of(body: Body) -> KeyWish:
    """The key asked for. Raises InvalidInput naming the field."""
    values = fields(body, tuple(KeyAsked.__annotations__))
    return KeyWish(
        name=name_in(values),
        environment=_environment(values.get("environment")),
        scopes=_scopes(values.get("scopes")),
        tools=_tools(values.get("tools")),
        quota=read_quota(values["quota"]) if values.get("quota") is not None else {},
        expires_at=_moment(values.get("expiresAt")),
        app=_app(values.get("app")),
        limits=read_limits(values["limits"]) if values.get("limits") is not None else {},
    )


def shown(key: KeyView) -> KeyShown:
    """A key as lists show it."""
    return KeyShown(
        id=key.id,
        name=key.name,
        key=key.hint,
        environment=key.environment,
        scopes=sorted(key.scopes),
        tools=list(key.tools) if key.tools is not None else None,
        app=key.app,
        limits=dict(key.limits),
        quota=QuotaWritten(**key.quota),  # type: ignore[typeddict-item]  # as it was checked
        status=key.status,
        createdAt=iso(key.created_at),
        expiresAt=iso(key.expires_at) if key.expires_at else None,
        lastUsedAt=iso(key.last_used_at) if key.last_used_at else None,
    )


def fields(body: Body, known: Sequence[str]) -> dict[str, Any]:
    """The body's values by the names of the form; a form's texts may hold lists and JSON.

    Raises InvalidInput for a field that is not known.
    """
    values = {_ALIASES.get(name, name): value for name, value in body.values.items()}
    for given in values:
        if given not in known:
            raise InvalidInput(
                f"Unknown field {given[:80]!r}. Known: {', '.join(known)}.", field=given[:80]
            )
    return {name: _loose(name, each) for name, each in values.items()} if body.lenient else values


def _loose(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if name in ("scopes", "tools"):
        return value.split(",")
    if name in ("limits", "quota"):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            raise InvalidInput(f"{name} must be a JSON object.", field=name) from None
    return value


def name_in(values: dict[str, Any]) -> str:
    """The field `name`. Raises InvalidInput."""
    name = values.get("name")
    if not isinstance(name, str) or not 1 <= len(name) <= _LONGEST_NAME or not name.isprintable():
        raise InvalidInput(
            f"name must have 1 to {_LONGEST_NAME} printable characters.", field="name"
        )
    return name


def _environment(given: Any) -> Environment | None:
    if given is None:
        return None
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
    if not isinstance(given, list) or not all(
        isinstance(each, str) and _SLUG.fullmatch(each) for each in given
    ):
        raise InvalidInput("tools must be a list of tool slugs.", field="tools")
    slugs = {alias: tool.slug for tool in TOOLS for alias in tool.aliases}
    return tuple(dict.fromkeys(slugs.get(str(each), str(each)) for each in given))


def _app(given: Any) -> AppId | None:
    if given is None:
        return None
    if not isinstance(given, str) or not given.isascii() or "\x00" in given:
        raise InvalidInput("app must be the id of an app.", field="app")
    return AppId(given)


def _moment(given: Any) -> datetime | None:
    if given is None:
        return None
    try:
        moment = datetime.fromisoformat(given)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise InvalidInput("expiresAt must be an ISO 8601 time.", field="expiresAt") from None
    raise InvalidInput("expiresAt must name its time zone, such as Z.", field="expiresAt")
