"""What moved on an account: its payments as lists show them, and the whole book as CSV."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import datetime

from appliance.core.clock import instant, iso
from appliance.core.ids import AccountId
from appliance.core.jobs import Environment
from appliance.core.money import Money
from appliance.services.box import Box


@dataclass(frozen=True)
class Line:
    """One move of the free balance. `amount`: what it gained (or lost, below zero)."""

    id: str
    kind: str
    amount: Money
    reason: str
    at: datetime


@dataclass(frozen=True)
class Lines:
    """A stretch of a statement, newest first; `cursor` continues it."""

    lines: tuple[Line, ...]
    cursor: str | None


def payments(
    box: Box,
    account: AccountId,
    environment: Environment,
    *,
    limit: int,
    cursor: str | None = None,
) -> Lines:
    """Top-ups, grants, adjustments and refunds, newest first."""
    rows = box.db.rows(
        "SELECT e.id, e.kind, CASE WHEN t.credit = a.id THEN t.amount ELSE -t.amount END,"
        " coalesce(e.reason, ''), e.at FROM transfer t JOIN entry e ON e.id = t.entry"
        " JOIN ledger_account a ON a.id IN (t.debit, t.credit)"
        " WHERE a.name = ? AND e.kind IN ('top_up', 'grant', 'adjustment', 'refund')"
        " AND e.id < ? ORDER BY e.id DESC LIMIT ?",
        (f"free:{account}:{environment}", cursor or "~", limit + 1),
    )
    lines = tuple(Line(row[0], row[1], Money(row[2]), row[3], instant(row[4])) for row in rows)
    shown = lines[:limit]
    return Lines(shown, shown[-1].id if len(lines) > limit else None)


def as_csv(box: Box, account: AccountId, environment: Environment) -> str:
    """Every move of the account's balances, oldest first, as CSV with a heading."""
    rows = box.db.rows(
        "SELECT e.at, e.kind, a.name, CASE WHEN t.credit = a.id THEN t.amount ELSE -t.amount END,"
        " coalesce(e.ref, ''), coalesce(e.reason, '') FROM transfer t"
        " JOIN entry e ON e.id = t.entry JOIN ledger_account a ON a.id IN (t.debit, t.credit)"
        " WHERE a.name IN (?, ?) ORDER BY t.id",
        (f"free:{account}:{environment}", f"held:{account}:{environment}"),
    )
    text = io.StringIO()
    out = csv.writer(text)
    out.writerow(("at", "kind", "balance", "amount_usd", "reference", "reason"))
    for at, kind, name, amount, ref, reason in rows:
        balance = name.partition(":")[0]
        out.writerow((iso(instant(at)), kind, balance, Money(amount).usd(), ref, reason))
    return text.getvalue()
