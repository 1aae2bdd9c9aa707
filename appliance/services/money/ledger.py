"""Holds: money set aside for a job, captured in full or in parts, the rest released.

captured + released = held, always: a settled hold is final by trigger. Parts take the open
transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from sqlite3 import IntegrityError

from appliance.adapters.database import Database, Transaction
from appliance.core.clock import micros
from appliance.core.errors import IdempotencyMismatch, InsufficientCredits
from appliance.core.ids import AccountId, new_ulid
from appliance.core.jobs import Environment
from appliance.core.money import ZERO, Money
from appliance.services import events
from appliance.services.box import Box
from appliance.services.money import entries, pricing
from appliance.services.money.usage import month_start


def open_purse(tx: Transaction, account: AccountId) -> None:
    """Make the ledger accounts of a new account: free and held, live and test."""
    for environment in Environment:
        entries.open_account(tx, entries.funding(environment), floor=None)
        entries.open_account(tx, entries.revenue(environment), floor=0)
        entries.open_account(tx, entries.free(account, environment), floor=0)
        entries.open_account(tx, entries.held(account, environment), floor=0)


@dataclass(frozen=True)
class _Hold:
    """A hold's row. `debtor`, `held`, `revenue`: the ledger accounts it moves between."""

    id: str
    debtor: int
    held: int
    revenue: int
    amount: Money
    captured: Money
    state: str


def hold(  # noqa: PLR0913  a hold is whose, how much, of what and for what
    tx: Transaction,
    box: Box,
    account: AccountId,
    environment: Environment,
    amount: Money,
    *,
    key: str | None = None,
) -> str | None:
    """Set `amount` aside; the hold's id, None where there is nothing to hold.

    `key`: what it is for, such as the job's id. It becomes the hold's id, so that one thing is held
    for once: the same again changes nothing. Raises InsufficientCredits when the free balance is
    smaller, IdempotencyMismatch for another amount or account under the same key.
    """
    if not amount or not box.settings.billing.enabled:
        return None
    hold_id = key or new_ulid()
    free = entries.number(tx, entries.free(account, environment))
    earlier = _find(tx, hold_id) if key else None
    if earlier:
        if (earlier.debtor, earlier.amount) != (free, amount):
            raise IdempotencyMismatch("Something else was held for this already.")
        return earlier.id
    held = entries.number(tx, entries.held(account, environment))
    entry = entries.write(tx, box, "hold", key=f"hold:{hold_id}", ref=hold_id)
    try:
        entries.move(tx, entry, free, held, amount)
    except IntegrityError:
        raise _insufficient(entries.balance(tx, free), amount) from None
    tx.run(
        "INSERT INTO hold(id, debtor, held, revenue, amount, state) VALUES (?, ?, ?, ?, ?, 'open')",
        (hold_id, free, held, entries.number(tx, entries.revenue(environment)), amount.micros),
    )
    _tell_if_low(tx, box, (account, environment), amount, entries.balance(tx, free))
    return hold_id


def check_free(
    tx: Transaction, account: AccountId, environment: Environment, amount: Money
) -> None:
    """Let several holds of together `amount` follow. Raises InsufficientCredits."""
    left = entries.balance(tx, entries.number(tx, entries.free(account, environment)))
    if left < amount:
        raise _insufficient(left, amount)


def _insufficient(left: Money, amount: Money) -> InsufficientCredits:
    return InsufficientCredits(
        f"This costs {amount.usd()} USD and {left.usd()} USD are left. Ask the appliance's"
        " admin for credits.",
        details={"needed_usd": amount.usd(), "free_usd": left.usd()},
    )


def _tell_if_low(
    tx: Transaction, box: Box, whose: tuple[AccountId, Environment], amount: Money, left: Money
) -> None:
    """Tell that a hold of `amount` took the balance below `billing.low_credits`: the one that
    crossed it, not those after.
    """
    low = pricing.of_credits(box, box.settings.billing.low_credits)
    if left < low <= left + amount:
        data = {
            "credits_remaining": pricing.in_credits(box, left),
            "balance_usd": left.usd(),
            "low_credits": box.settings.billing.low_credits,
        }
        events.record(tx, box, *whose, "credits.low", data=data)


def capture(tx: Transaction, box: Box, hold_id: str | None, amount: Money, *, key: str) -> bool:
    """Take a part of an open hold for good; whether it was taken now.

    `key`: which part of the work it pays. The same part again changes nothing, also after the hold
    is settled. More than is left of the hold is a bug: AssertionError.
    """
    if hold_id is None or not amount:
        return False
    unique = f"capture:{hold_id}:{key}"
    if tx.row("SELECT 1 FROM entry WHERE unique_key = ?", (unique,)):
        return False
    found = _open(tx, hold_id)
    assert ZERO < amount <= found.amount - found.captured, f"{amount} more of {found}"
    entry = entries.write(tx, box, "capture", key=unique, ref=hold_id)
    entries.move(tx, entry, found.held, found.revenue, amount)
    tx.run("UPDATE hold SET captured = captured + ? WHERE id = ?", (amount.micros, hold_id))
    return True


def settle(tx: Transaction, box: Box, hold_id: str | None, captured: Money) -> None:
    """Bring what is captured of a hold to `captured`, and release the rest.

    Parts captured before are counted in, and stay where they are more. A hold is settled once; a
    settled one raises AssertionError, because the job's fence should have kept the second caller
    out.
    """
    if hold_id is None:
        return
    found = _open(tx, hold_id)
    assert ZERO <= captured <= found.amount, f"{captured} of {found}"
    total = max(captured, found.captured)
    entry = entries.write(tx, box, "settle", key=f"settle:{hold_id}", ref=hold_id)
    entries.move(tx, entry, found.held, found.revenue, total - found.captured)
    entries.move(tx, entry, found.held, found.debtor, found.amount - total)
    tx.run(
        "UPDATE hold SET captured = ?, state = ? WHERE id = ?",
        (total.micros, "captured" if total else "released", hold_id),
    )


def release_rest(tx: Transaction, box: Box, hold_id: str | None) -> None:
    """Settle a hold at what was captured of it in parts."""
    settle(tx, box, hold_id, ZERO)


def _open(tx: Transaction, hold_id: str) -> _Hold:
    found = _find(tx, hold_id)
    assert found is not None, f"hold {hold_id} is gone"
    assert found.state == "open", f"hold {hold_id} is {found.state}"
    return found


def _find(tx: Transaction, hold_id: str) -> _Hold | None:
    row = tx.row(
        "SELECT id, debtor, held, revenue, amount, captured, state FROM hold WHERE id = ?",
        (hold_id,),
    )
    if row is None:
        return None
    name, debtor, held, revenue, amount, captured, state = row
    return _Hold(name, debtor, held, revenue, Money(amount), Money(captured), state)


def free_balance(db: Database, account: AccountId, environment: Environment) -> Money:
    """What the account can spend: posted minus held."""
    return _named(db, entries.free(account, environment))


def held_balance(db: Database, account: AccountId, environment: Environment) -> Money:
    """What is set aside for unfinished jobs."""
    return _named(db, entries.held(account, environment))


def spent(db: Database, account: AccountId, environment: Environment) -> Money:
    """All that was ever captured from the account, less what was refunded.

    Asked of the balances, not of every hold there ever was: what was paid in and is neither free
    nor held was spent.
    """
    row = db.row(
        "SELECT coalesce((SELECT sum(amount) FROM payment WHERE purse = f.id AND hold IS NULL), 0)"
        " - f.balance - h.balance FROM ledger_account f, ledger_account h"
        " WHERE f.name = ? AND h.name = ?",
        (entries.free(account, environment), entries.held(account, environment)),
    )
    return Money(row[0] if row else 0)


def spent_this_month(box: Box, account: AccountId, environment: Environment) -> Money:
    """What the jobs that ended since the first of this month, UTC, cost, less their refunds."""
    start = month_start(box.clock.now())
    row = box.db.row(
        "SELECT coalesce(sum(h.captured - "
        " (SELECT coalesce(sum(amount), 0) FROM payment WHERE hold = h.id)), 0)"
        " FROM job j JOIN hold h ON h.id = j.hold"
        " WHERE j.account = ? AND j.environment = ? AND j.completed_at >= ?",
        (account, environment, micros(start)),
    )
    return Money(row[0] if row else 0)


def _named(db: Database, name: str) -> Money:
    row = db.row("SELECT balance FROM ledger_account WHERE name = ?", (name,))
    return Money(row[0] if row else 0)
