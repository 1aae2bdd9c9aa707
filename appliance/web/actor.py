"""Who asks: the key on the request, asked of the rows each time, and the scopes it must have."""

from __future__ import annotations

from flask import current_app, g, request

from appliance.core.errors import (
    AccountSuspended,
    Forbidden,
    InsufficientScope,
    InvalidKey,
    MissingKey,
)
from appliance.core.jobs import Actor
from appliance.core.scopes import Scope
from appliance.services.access import accounts, door
from appliance.services.box import Box
from appliance.web.limiting import Limiter


def require(box: Box, scope: Scope | None) -> Actor:
    """The actor behind this request, holding `scope` (None: any valid key will do).

    Raises MissingKey, InvalidKey, AccountSuspended, InsufficientScope.
    """
    actor = _actor(box)
    if scope is not None and scope not in actor.scopes:
        raise InsufficientScope(
            f"This key lacks the scope {scope}.", details={"required": scope.value}
        )
    return actor


def require_or_guest(box: Box, scope: Scope | None) -> Actor:
    """The same, or where the request brings no key a guest of the box's own account, who is counted
    by the address he comes from. Raises RateLimited too.
    """
    try:
        presented()
    except MissingKey:
        limiter: Limiter = current_app.extensions["limiter"]
        limiter.count_guest()
        guest = g.actor = door.guest(box)
        return guest
    return require(box, scope)


def require_operator(box: Box) -> Actor:
    """The actor behind this request, who runs the box: scope `admin` on the box's own account.

    An admin of another account runs that account. Raises what `require` raises, and Forbidden.
    """
    actor = require(box, Scope.ADMIN)
    if not accounts.is_first(box, actor.account):
        raise Forbidden("Only a key of the box's own account may do this.")
    return actor


def still_valid(box: Box) -> bool:
    """Whether this request's key is valid still: a stream may outlive it."""
    try:
        door.actor_of(box, presented())
    except (InvalidKey, AccountSuspended):
        return False
    return True


def _actor(box: Box) -> Actor:
    known: Actor | None = g.get("actor")
    if known is None:
        limiter: Limiter = current_app.extensions["limiter"]
        try:
            known = g.actor = door.actor_of(box, presented())
        except (MissingKey, InvalidKey, AccountSuspended):
            limiter.count_address()
            raise
        limiter.count(known)
    return known


def presented() -> str:
    """The API key on this request. Raises MissingKey."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    key = token.strip() if scheme.lower() == "bearer" else request.headers.get("x-api-key", "")
    if not key:
        raise MissingKey("Send an API key: Authorization: Bearer <key>, or x-api-key: <key>.")
    return key.strip()
