"""What keys use in a month, against what they may."""

from __future__ import annotations

from datetime import datetime

from appliance.adapters.database import Transaction
from appliance.core.clock import micros
from appliance.core.errors import QuotaExceeded
from appliance.core.jobs import Actor
from appliance.core.money import Money, usd
from appliance.services.box import Box


def month_start(now: datetime) -> datetime:
    """The first instant of the month, UTC."""
    return now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def check_quota(tx: Transaction, box: Box, actor: Actor, price: Money) -> None:
    """Refuse what would pass the key's monthly quota; failed and cancelled jobs do not count.

    Raises QuotaExceeded.
    """
    if not actor.quota:
        return
    row = tx.row(
        "SELECT count(*), coalesce(sum(price), 0) FROM job WHERE api_key = ? AND created_at >= ?"
        " AND state NOT IN ('failed', 'cancelled')",
        (actor.key, micros(month_start(box.clock.now()))),
    )
    calls, spent = row or (0, 0)
    most_calls, most_usd = actor.quota.get("calls"), actor.quota.get("usd")
    if most_calls is not None and calls >= most_calls:
        raise QuotaExceeded(f"This key has made its {most_calls} calls of this month.")
    if most_usd is not None and spent + price.micros > usd(most_usd).micros:
        raise QuotaExceeded(
            f"This key has used {Money(spent).usd()} of its {most_usd} USD of this month."
        )
