"""Limits that are counted in jobs, inside the transaction that adds one: requests at once, of
however many processes, cannot pass together, and a failed job gives its place back by itself.
"""

from __future__ import annotations

from appliance.adapters.database import Transaction
from appliance.core.clock import micros
from appliance.core.errors import ConcurrencyLimited, RateLimited
from appliance.core.jobs import Request
from appliance.services.access import plans
from appliance.services.box import Box
from appliance.services.pots import Pot, pots

_HOUR_S = 3600


def check_pace(tx: Transaction, box: Box, request: Request) -> None:
    """Let a job pass that its key and its app have a place for.

    Raises ConcurrencyLimited, RateLimited.
    """
    for pot in pots(request.actor):
        unfinished = _most(box, request.actor.plan, pot, "concurrent_jobs")
        if unfinished:
            _check_unfinished(tx, pot, unfinished)
        an_hour = _most(box, request.actor.plan, pot, "tools_an_hour")
        if an_hour and request.family == "tools":
            _check_tools(tx, box, pot, an_hour)


def _most(box: Box, plan: str, pot: Pot, name: str) -> int:
    """The tightest of what the pot and its plan allow; 0: any number. A plan limits each key."""
    usual = plans.limit(box, plan, name) if pot.word == "key" else 0
    return min((int(each) for each in (pot.limits.get(name), usual) if each), default=0)


def _check_unfinished(tx: Transaction, pot: Pot, most: int) -> None:
    # A batch has one place, however many pictures: it goes behind what is asked for alone.
    row = tx.row(
        f"SELECT count(*) FROM job WHERE api_key IN ({pot.keys})"  # noqa: S608  our own SQL
        " AND state IN ('pending', 'processing') AND parent IS NULL",
        (pot.id,),
    )
    if row and row[0] >= most:
        raise ConcurrencyLimited(
            f"This {pot.word} has {row[0]} unfinished jobs, as many as it may.",
            details={"limit": {"limit": most, "window_seconds": 0}},
            retry_after_s=5,
        )


def _check_tools(tx: Transaction, box: Box, pot: Pot, most: int) -> None:
    since = micros(box.clock.now()) - _HOUR_S * 1_000_000
    row = tx.row(
        f"SELECT count(*), min(created_at) FROM job WHERE api_key IN ({pot.keys})"  # noqa: S608  our own SQL
        " AND created_at > ? AND family = 'tools'"
        " AND state NOT IN ('failed', 'cancelled')",
        (pot.id, since),
    )
    if row and row[0] >= most:
        raise RateLimited(
            f"This {pot.word} has run {most} tools in an hour, as many as it may.",
            details={"limit": {"limit": most, "window_seconds": _HOUR_S}},
            retry_after_s=max((row[1] - since) // 1_000_000, 1),
        )
