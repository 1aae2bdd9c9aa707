"""The ledger: double entry, append-only, whole micro-USD.

Every business action is one entry with a unique key, so repeating it changes nothing. Balances are
kept by triggers and never fall below their floor. Parts take the open transaction.
"""

from __future__ import annotations

from sqlite3 import IntegrityError

from appliance.adapters.database import Database, Transaction
from appliance.core.clock import micros
from appliance.core.errors import InsufficientCredits, InvalidInput
from appliance.core.ids import AccountId, new_ulid
from appliance.core.jobs import Environment
from appliance.core.money import ZERO, Money
from appliance.services.box import Box
from appliance.services.money.usage import month_start


def open_purse(tx: Transaction, account: AccountId) -> None:
    """Make the ledger accounts of a new account: free and held, live and test."""
    for environment in Environment:
        _make(tx, f"funding:{environment}", floor=None)
        _make(tx, f"revenue:{environment}", floor=0)
        _make(tx, f"free:{account}:{environment}", floor=0)
        _make(tx, f"held:{account}:{environment}", floor=0)


def grant(
    box: Box, account: AccountId, amount: Money, *, environment: Environment, reason: str
) -> Money:
    """Give an account credits; the free balance after. Raises InvalidInput for none or less."""
    with box.db.transaction() as tx:
        grant_part(tx, box, account, amount, environment=environment, reason=reason)
    return free_balance(box.db, account, environment)


def grant_part(  # noqa: PLR0913  a grant is who, how much, of what and why
    tx: Transaction,
    box: Box,
    account: AccountId,
    amount: Money,
    *,
    environment: Environment,
    reason: str,
) -> None:
    """The grant itself, in the caller's transaction."""
    if amount <= ZERO:
        raise InvalidInput("A grant must be of more than nothing.", field="credits")
    entry = _entry(tx, box, "grant", key=f"grant:{new_ulid()}", reason=reason)
    if entry:
        free = _number(tx, f"free:{account}:{environment}")
        _move(tx, entry, _number(tx, f"funding:{environment}"), free, amount)


def hold(
    tx: Transaction, box: Box, account: AccountId, environment: Environment, amount: Money
) -> str | None:
    """Set `amount` aside for a job; the hold's id, None where there is nothing to hold.

    Raises InsufficientCredits when the free balance is smaller.
    """
    if not amount or not box.settings.billing.enabled:
        return None
    free = _number(tx, f"free:{account}:{environment}")
    held = _number(tx, f"held:{account}:{environment}")
    hold_id = new_ulid()
    entry = _entry(tx, box, "hold", key=f"hold:{hold_id}", ref=hold_id)
    try:
        _move(tx, entry, free, held, amount)
    except IntegrityError:
        left = _balance(tx, free)
        raise InsufficientCredits(
            f"This costs {amount.usd()} USD and {left.usd()} USD are left. Ask the appliance's"
            " admin for credits.",
            details={"needed_usd": amount.usd(), "free_usd": left.usd()},
        ) from None
    tx.run(
        "INSERT INTO hold(id, debtor, held, revenue, amount, state) VALUES (?, ?, ?, ?, ?, 'open')",
        (hold_id, free, held, _number(tx, f"revenue:{environment}"), amount.micros),
    )
    return hold_id


def settle(tx: Transaction, box: Box, hold_id: str | None, captured: Money) -> None:
    """Capture so much of a hold and release the rest: captured + released = held.

    A hold is settled once; a settled one raises AssertionError, because the job's fence should have
    kept the second caller out.
    """
    if hold_id is None:
        return
    row = tx.row("SELECT debtor, held, revenue, amount, state FROM hold WHERE id = ?", (hold_id,))
    assert row is not None, f"hold {hold_id} is gone"
    debtor, held, revenue, amount, state = row
    assert state == "open", f"hold {hold_id} is {state}"
    assert 0 <= captured.micros <= amount, f"{captured} of a hold of {amount}"
    entry = _entry(tx, box, "settle", key=f"settle:{hold_id}", ref=hold_id)
    _move(tx, entry, held, revenue, captured)
    _move(tx, entry, held, debtor, Money(amount) - captured)
    tx.run(
        "UPDATE hold SET captured = ?, state = ? WHERE id = ?",
        (captured.micros, "captured" if captured else "released", hold_id),
    )


def free_balance(db: Database, account: AccountId, environment: Environment) -> Money:
    """What the account can spend: posted minus held."""
    return _named(db, f"free:{account}:{environment}")


def held_balance(db: Database, account: AccountId, environment: Environment) -> Money:
    """What is set aside for unfinished jobs."""
    return _named(db, f"held:{account}:{environment}")


def spent(db: Database, account: AccountId, environment: Environment) -> Money:
    """All that was ever captured from the account."""
    row = db.row(
        "SELECT coalesce(sum(h.captured), 0) FROM hold h JOIN ledger_account a ON a.id = h.debtor"
        " WHERE a.name = ?",
        (f"free:{account}:{environment}",),
    )
    return Money(row[0] if row else 0)


def spent_this_month(box: Box, account: AccountId, environment: Environment) -> Money:
    """What was captured from the account since the first of this month, UTC."""
    start = month_start(box.clock.now())
    row = box.db.row(
        "SELECT coalesce(sum(h.captured), 0) FROM job j JOIN hold h ON h.id = j.hold"
        " WHERE j.account = ? AND j.environment = ? AND j.completed_at >= ?",
        (account, environment, micros(start)),
    )
    return Money(row[0] if row else 0)


def faults(db: Database) -> list[str]:
    """What is wrong with the books, in sentences; empty when every invariant holds."""
    checks = {
        "the balances do not sum to zero": "SELECT sum(balance) <> 0 FROM ledger_account",
        "a balance differs from the sum of its transfers": (
            "SELECT count(*) FROM ledger_account a WHERE a.balance <> (SELECT coalesce(sum("
            "CASE WHEN t.credit = a.id THEN t.amount ELSE -t.amount END), 0)"
            " FROM transfer t WHERE a.id IN (t.debit, t.credit))"
        ),
        "held money differs from the open holds": (
            "SELECT count(*) FROM ledger_account a WHERE a.name LIKE 'held:%' AND a.balance <>"
            " (SELECT coalesce(sum(amount), 0) FROM hold WHERE held = a.id AND state = 'open')"
        ),
        "an open hold belongs to no unfinished job": (
            "SELECT count(*) FROM hold WHERE state = 'open' AND id NOT IN"
            " (SELECT hold FROM job WHERE hold IS NOT NULL AND state IN ('pending', 'processing'))"
        ),
        "a completed job is not captured in full": (
            "SELECT count(*) FROM job j JOIN hold h ON h.id = j.hold"
            " WHERE j.state = 'completed' AND h.captured <> j.price"
        ),
        "a failed or cancelled job was charged": (
            "SELECT count(*) FROM job j JOIN hold h ON h.id = j.hold"
            " WHERE j.state IN ('failed', 'cancelled') AND h.state <> 'released'"
        ),
    }
    return [says for says, sql in checks.items() if (db.row(sql) or (0,))[0]]


def _make(tx: Transaction, name: str, *, floor: int | None) -> None:
    tx.run("INSERT OR IGNORE INTO ledger_account(name, floor) VALUES (?, ?)", (name, floor))


def _entry(  # noqa: PLR0913  the columns of an entry
    tx: Transaction, box: Box, kind: str, *, key: str, ref: str | None = None, reason: str = ""
) -> str:
    entry = new_ulid()
    tx.run(
        "INSERT INTO entry(id, kind, ref, reason, unique_key, at) VALUES (?, ?, ?, ?, ?, ?)",
        (entry, kind, ref, reason, key, micros(box.clock.now())),
    )
    return entry


def _move(tx: Transaction, entry: str, debit: int, credit: int, amount: Money) -> None:
    if amount:
        tx.run(
            "INSERT INTO transfer(entry, debit, credit, amount) VALUES (?, ?, ?, ?)",
            (entry, debit, credit, amount.micros),
        )


def _number(tx: Transaction, name: str) -> int:
    row = tx.row("SELECT id FROM ledger_account WHERE name = ?", (name,))
    assert row is not None, f"there is no ledger account {name}"
    return int(row[0])


def _balance(tx: Transaction, number: int) -> Money:
    row = tx.row("SELECT balance FROM ledger_account WHERE id = ?", (number,))
    return Money(row[0] if row else 0)


def _named(db: Database, name: str) -> Money:
    row = db.row("SELECT balance FROM ledger_account WHERE name = ?", (name,))
    return Money(row[0] if row else 0)
