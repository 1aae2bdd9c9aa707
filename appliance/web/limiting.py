"""Request rates: a moving window a key and class, a wider one an account, one an address.

One web process answers, so the windows live in its memory; a restart forgives at most a window.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from flask import Flask, Response, g, request
from limits import RateLimitItem, parse

from appliance.adapters.config import Settings, SettingsError
from appliance.core.clock import Clock
from appliance.core.errors import InvalidInput, RateLimited
from appliance.core.jobs import Actor
from appliance.core.limits import CLASSES, check_rate
from appliance.web.windows import Seen, Windows

_STUDIO = {"GET": "studio_read", "HEAD": "studio_read", "DELETE": "studio_delete"}
# What else is written under /api/v1 is management; tools are limited by jobs an hour, counted at
# admission.
_WRITES = {
    "webhooks": ("/api/v1/webhooks",),
    "product": (
        *("/api/v1/process", "/api/v1/compliance", "/api/v1/upscale", "/api/v1/backgrounds"),
        *("/api/v1/relight", "/api/v1/batch", "/api/v1/jobs"),
    ),
    "generation": (
        *("/api/v1/generate", "/api/v1/video", "/api/v1/face-swap", "/api/v1/enhance"),
        *("/api/v1/pipelines", "/api/v1/image/", "/api/v1/director/", "/api/v1/operations/"),
    ),
}


@dataclass(frozen=True)
class Standing:
    """Where a caller stands in a window. `reset`: Unix seconds when it is wholly free again."""

    name: str
    limit: int
    window_s: int
    remaining: int
    reset: float


def rate_class(method: str, path: str) -> str:
    """The class of limit that a request counts in."""
    if not path.startswith("/api/v1"):
        return _studio_class(method, path)
    if method in ("GET", "HEAD", "DELETE"):
        return "management"
    found = (name for name, prefixes in _WRITES.items() if path.startswith(prefixes))
    return next(found, "management")


def _studio_class(method: str, path: str) -> str:
    if method == "POST" and path.startswith("/api/generate/"):
        return "studio_generate"
    if method == "POST" and path.startswith("/api/upload/"):
        return "studio_upload"
    if method == "POST" and path.startswith("/api/voice-agent/calls/outbound"):
        return "studio_calls"
    return _STUDIO.get(method, "studio_write")


class Limiter:
    """Counts requests and refuses those beyond a rate. Raises SettingsError for a rate that config
    has wrong.
    """

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._clock = clock
        self._rates = {name: _checked(name, getattr(settings.rates, name)) for name in CLASSES}
        self._plans = {name: plan.limits for name, plan in settings.plans.items()}
        self._factor = settings.rates.account_factor
        self._address = parse(_checked("address", settings.rates.address))
        self._public = parse(_checked("public", settings.rates.public))
        self._windows = Windows(clock)

    def count(self, actor: Actor) -> None:
        """Count this request of an actor, wherever it counts. Raises RateLimited."""
        for name, item, who in self._counted(actor, rate_class(request.method, request.path)):
            self._hit(name, item, who)

    def _counted(self, actor: Actor, name: str) -> Iterator[tuple[str, RateLimitItem, str]]:
        """The windows of a class that an actor's request enters: a key with those it replaced has
        its plan's and its own, its app has one, its account a wider one.
        """
        usual = str(self._plans.get(actor.plan, {}).get(name, self._rates[name]))
        key = actor.lineage or actor.key or actor.account
        yield name, _item(usual), key
        if name in actor.limits:
            yield f"key-{name}", _item(str(actor.limits[name])), key
        if actor.app is not None and name in actor.app.limits:
            yield f"app-{name}", _item(str(actor.app.limits[name])), actor.app.id
        yield f"account-{name}", _item(usual, self._factor), actor.account

    def count_address(self) -> None:
        """Count a request without a valid key, by the address it comes from. Raises RateLimited."""
        self._hit("address", self._address, request.remote_addr or "")

    def count_guest(self) -> None:
        """Count a request that needs no key, by the address it comes from. Raises RateLimited."""
        self._hit("public", self._public, request.remote_addr or "")

    def standing_of_address(self) -> Standing:
        """Where this request's address stands, without counting."""
        item, who = self._address, request.remote_addr or ""
        return _standing("address", item, self._windows.look(f"address {who}", item.get_expiry()))

    def now(self) -> float:
        """Unix seconds."""
        return self._clock.now().timestamp()

    def _hit(self, name: str, item: RateLimitItem, who: str) -> None:
        """Enter a window, and keep what it says if it is the tightest of this request's."""
        allowed, seen = self._windows.enter(f"{name} {who}", item.amount, item.get_expiry())
        standing = _standing(name, item, seen)
        tightest: Standing | None = g.get("standing")
        if tightest is None or not allowed or standing.remaining < tightest.remaining:
            g.standing = standing
        if not allowed:
            wait = max(math.ceil(standing.reset - self.now()), 1)
            raise RateLimited(
                f"Over {item.amount} requests in {item.get_expiry()} s; try again in {wait} s.",
                details={"limit": {"limit": item.amount, "window_seconds": item.get_expiry()}},
                retry_after_s=wait,
            )


def _standing(name: str, item: RateLimitItem, seen: Seen) -> Standing:
    seconds = item.get_expiry()
    left = max(item.amount - seen.entries, 0)  # fewer fit than there are after a plan has changed
    return Standing(name, item.amount, seconds, left, seen.since + seconds)


def _checked(name: str, rate: str) -> str:
    try:
        return check_rate(name, rate)
    except InvalidInput as error:
        raise SettingsError(f"[rates] {error}") from None


@cache
def _item(rate: str, factor: float = 1.0) -> RateLimitItem:
    item = parse(rate)
    return type(item)(max(int(item.amount * factor), 1), item.multiples)


def show_rates(app: Flask, limiter: Limiter) -> None:
    """Put the limit headers on every reply under /api."""

    @app.after_request
    def _mark(response: Response) -> Response:
        if not request.path.startswith("/api"):
            return response
        standing: Standing | None = g.get("standing")
        if standing is None:
            standing = limiter.standing_of_address()
        left = max(math.ceil(standing.reset - limiter.now()), 0)
        add = response.headers.add  # a third of what setting costs, and nobody else gives these
        add("X-RateLimit-Limit", str(standing.limit))
        add("X-RateLimit-Remaining", str(standing.remaining))
        add("X-RateLimit-Reset", str(math.ceil(standing.reset)))
        add("RateLimit-Policy", f'"{standing.name}";q={standing.limit};w={standing.window_s}')
        add("RateLimit", f'"{standing.name}";r={standing.remaining};t={left}')
        if g.get("family", request.blueprint) == "product":  # a path nobody registered has an owner
            waits = response.headers.get("Retry-After", "0")
            response.headers["X-RateLimit-Retry-After"] = waits
        return response
