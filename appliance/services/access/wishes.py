"""What a key is asked to be, and how much of that its maker can give."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from appliance.core.errors import Forbidden, InsufficientScope, ToolNotAllowed
from appliance.core.ids import AppId
from appliance.core.jobs import Actor, Environment
from appliance.core.limits import Limits, Quota
from appliance.core.scopes import DEFAULT_SCOPES, Scope


@dataclass(frozen=True)
class KeyWish:
    """A key to be made. None means what its maker has (without a maker: live, all tools, no app, no
    end); for `scopes` all but admin, as far as its maker has them.
    """

    name: str
    environment: Environment | None = None
    scopes: frozenset[Scope] | None = None
    tools: tuple[str, ...] | None = None
    quota: Quota = field(default_factory=dict)
    expires_at: datetime | None = None
    app: AppId | None = None
    limits: Limits = field(default_factory=dict)


def granted(wish: KeyWish, maker: Actor | None, ends: datetime | None = None) -> KeyWish:
    """The wish with what was left open filled in. `ends`: when the maker's own key does.

    Raises InsufficientScope, ToolNotAllowed and Forbidden for what the maker lacks.
    """
    own = maker.scopes if maker else frozenset(Scope)
    wish = replace(wish, scopes=DEFAULT_SCOPES & own if wish.scopes is None else wish.scopes)
    if maker is None:
        return replace(wish, environment=wish.environment or Environment.LIVE)
    if wish.tools is None and maker.tools is not None:
        wish = replace(wish, tools=tuple(sorted(maker.tools)))
    filled = replace(
        wish,
        environment=wish.environment or maker.environment,
        app=wish.app or (maker.app.id if maker.app else None),
        expires_at=wish.expires_at or ends,
    )
    check_within(filled, maker, ends)
    return filled


def check_within(wish: KeyWish, maker: Actor, ends: datetime | None) -> None:
    """Refuse a key that would be more than its maker's, as `granted` does."""
    if maker.quota or maker.limits:
        # Each key made would bring a quota and limits anew. Keys that share them are an app's.
        raise Forbidden("A key with a quota or limits of its own makes no keys; one without does.")
    beyond = (wish.scopes or frozenset()) - maker.scopes
    if beyond:
        raise InsufficientScope(
            f"A key cannot give what it lacks: {', '.join(sorted(beyond))}.",
            details={"required": sorted(beyond)},
        )
    if maker.tools is not None and (wish.tools is None or set(wish.tools) - maker.tools):
        raise ToolNotAllowed(
            f"A key cannot give more tools than its own: {', '.join(sorted(maker.tools))}.",
            field="tools",
        )
    if maker.environment is Environment.TEST and wish.environment is not Environment.TEST:
        raise Forbidden("A test key makes test keys only.", field="environment")
    if maker.app is not None and wish.app != maker.app.id:
        raise Forbidden("A key of an app makes keys of that app only.", field="app")
    if ends is not None and (wish.expires_at is None or wish.expires_at > ends):
        raise Forbidden("A key cannot make one that outlives it.", field="expiresAt")
