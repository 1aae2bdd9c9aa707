"""Double entry itself: one entry a business action, and its transfers between ledger accounts.

Rows are append-only by trigger, balances are kept by trigger, and none falls below its floor. Every
function here is a part: it takes the open transaction.
"""

from __future__ import annotations

from appliance.adapters.database import Transaction
from appliance.core.clock import micros
from appliance.core.ids import AccountId, new_ulid
from appliance.core.jobs import Environment
from appliance.core.money import Money
from appliance.services.box import Box


def free(account: AccountId, environment: Environment) -> str:
    """The name of the ledger account of what an account may spend."""
    return f"free:{account}:{environment}"


def held(account: AccountId, environment: Environment) -> str:
    """The name of the ledger account of what is set aside for an account's unfinished jobs."""
    return f"held:{account}:{environment}"


def funding(environment: Environment) -> str:
    """The name of the ledger account that money comes in from; the only one below zero."""
    return f"funding:{environment}"


def revenue(environment: Environment) -> str:
    """The name of the ledger account of what the box has earned."""
    return f"revenue:{environment}"


def open_account(tx: Transaction, name: str, *, floor: int | None) -> None:
    """Make a ledger account, if it is not there; `floor`: its smallest balance in micro-USD."""
    tx.run("INSERT OR IGNORE INTO ledger_account(name, floor) VALUES (?, ?)", (name, floor))


def write(  # noqa: PLR0913  the columns of an entry
    tx: Transaction, box: Box, kind: str, *, key: str, ref: str | None = None, reason: str = ""
) -> str:
    """Begin a business action; the entry's id. Raises IntegrityError for a `key` used before."""
    entry = new_ulid()
    tx.run(
        "INSERT INTO entry(id, kind, ref, reason, unique_key, at) VALUES (?, ?, ?, ?, ?, ?)",
        (entry, kind, ref, reason, key, micros(box.clock.now())),
    )
    return entry


def move(tx: Transaction, entry: str, debit: int, credit: int, amount: Money) -> None:
    """Move money between two ledger accounts; nothing is no move.

    Raises IntegrityError where the debited account would fall below its floor.
    """
    if amount:
        tx.run(
            "INSERT INTO transfer(entry, debit, credit, amount) VALUES (?, ?, ?, ?)",
            (entry, debit, credit, amount.micros),
        )


def number(tx: Transaction, name: str) -> int:
    """The ledger account of a name, which must be there."""
    row = tx.row("SELECT id FROM ledger_account WHERE name = ?", (name,))
    assert row is not None, f"there is no ledger account {name}"
    return int(row[0])


def balance(tx: Transaction, account: int) -> Money:
    """What is on a ledger account now."""
    row = tx.row("SELECT balance FROM ledger_account WHERE id = ?", (account,))
    assert row is not None, f"there is no ledger account {account}"
    return Money(row[0])
