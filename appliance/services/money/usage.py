"""What keys use in a month, against what they may."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from appliance.adapters.database import Database, Transaction
from appliance.core.clock import iso, micros
from appliance.core.errors import QuotaExceeded
from appliance.core.jobs import Actor
from appliance.core.limits import Quota
from appliance.core.money import Money, usd
from appliance.services.box import Box
from appliance.services.pots import pots


def month_start(now: datetime) -> datetime:
    """The first instant of the month, UTC."""
    return now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


@dataclass(frozen=True)
class QuotaUse:
    """What a pot of keys used of its quota this month. `word`: key or app."""

    word: str
    quota: Quota
    calls: int
    spent: Money
    resets_at: datetime


def check_quota(tx: Transaction, box: Box, actor: Actor, price: Money, *, calls: int = 1) -> None:
    """Refuse what would pass the monthly quota of the key, with all it replaced, or of its app.
    Failed and cancelled jobs do not count; of a batch its pictures do. `price`: of all `calls`.

    Raises QuotaExceeded.
    """
    for use in _quotas(tx, box, actor):
        most, most_usd = use.quota.get("calls"), use.quota.get("usd")
        if most is not None and use.calls + calls > int(most):
            raise _used_up(box, use, f"made {use.calls} of its {most} calls")
        if most_usd is not None and use.spent + price > usd(str(most_usd)):
            raise _used_up(box, use, f"used {use.spent.usd()} of its {most_usd} USD")


def quotas(box: Box, actor: Actor) -> list[QuotaUse]:
    """What was used of the quotas an actor has: its key's, its app's; empty without one."""
    return _quotas(box.db, box, actor)


def _quotas(rows: Transaction | Database, box: Box, actor: Actor) -> list[QuotaUse]:
    start = month_start(box.clock.now())
    resets_at = (start + timedelta(days=32)).replace(day=1)
    found = []
    for pot in pots(actor):
        if pot.quota:
            used = rows.row(
                f"SELECT count(*), coalesce(sum(price), 0) FROM job WHERE api_key IN ({pot.keys})"  # noqa: S608  our own SQL
                " AND created_at >= ? AND items = 0"
                " AND state NOT IN ('failed', 'cancelled')",
                (pot.id, micros(start)),
            )
            calls, spent = used or (0, 0)
            found.append(QuotaUse(pot.word, pot.quota, calls, Money(spent), resets_at))
    return found


def _used_up(box: Box, use: QuotaUse, what: str) -> QuotaExceeded:
    left_s = math.ceil((use.resets_at - box.clock.now()).total_seconds())
    return QuotaExceeded(
        f"This {use.word} has {what} of this month.",
        details={"quota": dict(use.quota), "resets_at": iso(use.resets_at)},
        retry_after_s=left_s,
    )
