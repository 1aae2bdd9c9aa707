"""Request rates: a moving window a key and class, a wider one an account, one an address.

One web process answers, so the windows live in its memory; a restart forgives at most a window.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from flask import Flask, Response, g, request
from limits import RateLimitItem, parse
from limits.strategies import MovingWindowRateLimiter

from appliance.adapters.config import Rates
from appliance.core.clock import Clock
from appliance.core.errors import RateLimited
from appliance.core.jobs import Actor
from appliance.web.windows import WindowStorage

_CLASSES = (
    "generation",
    "product",
    "management",
    "webhooks",
    "studio_generate",
    "studio_read",
    "studio_upload",
    "studio_delete",
    "studio_write",
)
_STUDIO = {"GET": "studio_read", "HEAD": "studio_read", "DELETE": "studio_delete"}
_MANAGEMENT = ("/api/v1/estimate", "/api/v1/uploads", "/api/v1/ping", "/api/v1/keys")


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
    if method in ("GET", "HEAD", "DELETE") or path.startswith(_MANAGEMENT):
        return "management"
    if path.startswith("/api/v1/webhooks"):
        return "webhooks"
    if path.startswith("/api/v1/tools"):
        return "management"  # tools are limited by jobs an hour, counted at admission
    product = ("/api/v1/process", "/api/v1/compliance", "/api/v1/upscale", "/api/v1/backgrounds")
    more = ("/api/v1/relight", "/api/v1/batch", "/api/v1/jobs")
    return "product" if path.startswith((*product, *more)) else "generation"


def _studio_class(method: str, path: str) -> str:
    if method == "POST" and path.startswith("/api/generate/"):
        return "studio_generate"
    if method == "POST" and path.startswith("/api/upload/"):
        return "studio_upload"
    return _STUDIO.get(method, "studio_write")


class Limiter:
    """Counts requests and refuses those beyond a rate."""

    def __init__(self, rates: Rates, clock: Clock) -> None:
        self._clock = clock
        self._keys = {name: parse(getattr(rates, name)) for name in _CLASSES}
        self._accounts = {name: parse(getattr(rates, name)) for name in _CLASSES}
        for item in self._accounts.values():
            item.amount = int(item.amount * rates.account_factor)
        self._address = parse(rates.address)
        self._windows = MovingWindowRateLimiter(WindowStorage(clock))

    def count(self, actor: Actor) -> None:
        """Count this request of an actor. Raises RateLimited."""
        name = rate_class(request.method, request.path)
        g.standing = self._hit(name, self._keys[name], actor.key or actor.account)
        self._hit(f"account-{name}", self._accounts[name], actor.account)

    def count_address(self) -> None:
        """Count a request without a valid key, by the address it comes from. Raises RateLimited."""
        g.standing = self._hit("address", self._address, request.remote_addr or "")

    def standing_of_address(self) -> Standing:
        """Where this request's address stands, without counting."""
        item = self._address
        stats = self._windows.get_window_stats(item, "address", request.remote_addr or "")
        return Standing(
            "address", item.amount, item.get_expiry(), stats.remaining, stats.reset_time
        )

    def now(self) -> float:
        """Unix seconds."""
        return self._clock.now().timestamp()

    def _hit(self, name: str, item: RateLimitItem, who: str) -> Standing:
        allowed = self._windows.hit(item, name, who)
        stats = self._windows.get_window_stats(item, name, who)
        standing = Standing(name, item.amount, item.get_expiry(), stats.remaining, stats.reset_time)
        if not allowed:
            g.standing = standing
            wait = max(math.ceil(stats.reset_time - self.now()), 1)
            raise RateLimited(
                f"Over {item.amount} requests in {item.get_expiry()} s; try again in {wait} s.",
                details={"limit": {"limit": item.amount, "window_seconds": item.get_expiry()}},
                retry_after_s=wait,
            )
        return standing


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
        response.headers["X-RateLimit-Limit"] = str(standing.limit)
        response.headers["X-RateLimit-Remaining"] = str(standing.remaining)
        response.headers["X-RateLimit-Reset"] = str(math.ceil(standing.reset))
        policy = f'"{standing.name}";q={standing.limit};w={standing.window_s}'
        response.headers["RateLimit-Policy"] = policy
        response.headers["RateLimit"] = f'"{standing.name}";r={standing.remaining};t={left}'
        waits = response.headers.get("Retry-After", "0")
        if request.blueprint == "product":
            response.headers["X-RateLimit-Retry-After"] = waits
        return response
