"""What moved on an account: its payments as lists show them, and the whole book as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from appliance.adapters.database import Row
from appliance.core.clock import instant, iso
from appliance.core.ids import AccountId
from appliance.core.jobs import Environment
from appliance.core.money import Money
from appliance.services.box import Box
from appliance.services.money import entries
from appliance.services.money.payments import COLUMNS, Payment, payment_of

_HEADINGS = ("at", "kind", "balance", "amount_usd", "after_usd", "reference", "reason")
_BATCH = 2000  # transfers read at once, so that a long book fills no memory


@dataclass(frozen=True)
class Payments:
    """A stretch of an account's payments, newest first; `cursor` continues it."""

    payments: tuple[Payment, ...]
    cursor: str | None


def payments(
    box: Box,
    account: AccountId,
    environment: Environment,
    *,
    limit: int,
    cursor: str | None = None,
) -> Payments:
    """Top-ups, grants, adjustments and refunds, newest first."""
    rows = box.db.rows(
        f"SELECT {COLUMNS} FROM payment p JOIN entry e ON e.id = p.id"  # noqa: S608  our own names
        " WHERE p.purse = (SELECT id FROM ledger_account WHERE name = ?) AND p.id < ?"
        " ORDER BY p.id DESC LIMIT ?",
        (entries.free(account, environment), cursor or "~", limit + 1),
    )
    found = tuple(payment_of(row) for row in rows[:limit])
    return Payments(found, found[-1].id if len(rows) > limit else None)


def as_csv(box: Box, account: AccountId, environment: Environment) -> Iterator[str]:
    """Every move of the account's two balances, oldest first, as lines of CSV with a heading.

    `balance`: "free" or "held"; `after_usd`: that balance right after; `reference`: the job's id.
    """
    yield _line(_HEADINGS)
    after = {"free": Money(0), "held": Money(0)}
    for at, kind, name, amount, ref, reason in _moves(box, account, environment):
        balance = name.partition(":")[0]
        after[balance] += Money(amount)
        yield _line(
            (
                iso(instant(at)),
                kind,
                balance,
                Money(amount).usd(),
                after[balance].usd(),
                ref,
                reason,
            )
        )


def _moves(box: Box, account: AccountId, environment: Environment) -> Iterator[Row]:
    newest = box.db.row("SELECT coalesce(max(id), 0) FROM transfer") or (0,)
    for before in range(0, newest[0], _BATCH):
        yield from box.db.rows(
            "SELECT e.at, e.kind, a.name, iif(t.credit = a.id, t.amount, -t.amount),"
            " coalesce(e.ref, ''), coalesce(e.reason, '') FROM transfer t"
            " JOIN entry e ON e.id = t.entry JOIN ledger_account a ON a.id IN (t.debit, t.credit)"
            " WHERE a.name IN (?, ?) AND t.id > ? AND t.id <= ? ORDER BY t.id, a.id",
            (
                *(entries.free(account, environment), entries.held(account, environment)),
                *(before, before + _BATCH),
            ),
        )


def _line(cells: tuple[str, ...]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue()
