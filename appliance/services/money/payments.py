"""Money that people move: grants, top-ups, adjustments, refunds.

Each is one entry with its payment row. An order with a key is carried out once: the same order
again gives the first one's payment, another order under the same key is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from sqlite3 import IntegrityError

from appliance.adapters.database import Row, Transaction
from appliance.core.clock import instant
from appliance.core.errors import Conflict, IdempotencyMismatch, InvalidInput, NotFound
from appliance.core.ids import AccountId, JobId, job_reference, new_ulid
from appliance.core.jobs import Environment
from appliance.core.money import ZERO, Money, usd
from appliance.services.box import Box
from appliance.services.money import entries

COLUMNS = "e.id, e.kind, p.amount, p.balance, e.reason, e.ref, e.at"
_BY_ID = f"SELECT {COLUMNS} FROM payment p JOIN entry e ON e.id = p.id WHERE e.id = ?"  # noqa: S608  our own names


class Kind(StrEnum):
    """What a payment is."""

    GRANT = "grant"
    TOP_UP = "top_up"
    ADJUSTMENT = "adjustment"
    REFUND = "refund"


@dataclass(frozen=True)
class Order:
    """Money to be moved on one of an account's balances. `key`: carried out once under it."""

    account: AccountId
    environment: Environment
    amount: Money
    reason: str
    key: str | None = None


@dataclass(frozen=True)
class RefundOrder:
    """Money to be given back for a job, by any of its names; `amount` None: all that is left of
    what was captured. `environment`: refuse jobs of the other balance.
    """

    account: AccountId
    job: str
    amount: Money | None
    reason: str
    key: str | None = None
    environment: Environment | None = None


@dataclass(frozen=True)
class Payment:
    """A move of the free balance. `amount`: what it gained (or lost, below zero); `balance`: what
    was free right after; `job`: the one a refund is for.
    """

    id: str
    kind: Kind
    amount: Money
    balance: Money
    reason: str
    job: JobId | None
    at: datetime


@dataclass(frozen=True)
class Booked:
    """The payment behind an order; `replayed` if the order was carried out before."""

    payment: Payment
    replayed: bool


def grant(box: Box, order: Order) -> Booked:
    """Give an account credits. Raises InvalidInput for none or less."""
    with box.db.transaction() as tx:
        return grant_part(tx, box, order)


def grant_part(tx: Transaction, box: Box, order: Order) -> Booked:
    """The grant itself, in the caller's transaction."""
    if order.amount <= ZERO:
        raise InvalidInput("A grant must be of more than nothing.", field="credits")
    return _carry_out(tx, box, Kind.GRANT, order)


def top_up(box: Box, order: Order) -> Booked:
    """Enter money that a customer paid. Raises InvalidInput below `billing.min_topup_usd`."""
    least = max(usd(box.settings.billing.min_topup_usd), Money(1))
    if order.amount < least:
        raise InvalidInput(f"A top-up is of {least.usd()} USD at least.", field="usd")
    with box.db.transaction() as tx:
        return _carry_out(tx, box, Kind.TOP_UP, order)


def adjust(box: Box, order: Order) -> Booked:
    """Correct a balance, up or down. Raises InvalidInput for nothing, and for more than is free."""
    if not order.amount:
        raise InvalidInput("An adjustment must be of more or less than nothing.", field="usd")
    with box.db.transaction() as tx:
        return _carry_out(tx, box, Kind.ADJUSTMENT, order)


def refund(box: Box, order: RefundOrder) -> Booked:
    """Give back what a job was charged, or a part of it.

    Raises NotFound, Conflict for a job that has not ended or of which nothing is left to give
    back, InvalidInput for more than is left.
    """
    with box.db.transaction() as tx:
        job, hold, environment = _charged_job(tx, order)
        purse = entries.free(order.account, environment)
        asked = _Asked(Kind.REFUND, purse, order.amount, order.reason, hold)
        earlier = _earlier(tx, order.key, asked)
        if earlier:
            return earlier
        amount = _refundable(tx, hold, order.amount)
        whole = Order(order.account, environment, amount, order.reason, order.key)
        return _book(tx, box, Kind.REFUND, whole, refund_of=(job, hold))


def _charged_job(tx: Transaction, order: RefundOrder) -> tuple[JobId, str, Environment]:
    named = job_reference(order.job)
    row = named and tx.row(
        "SELECT id, hold, environment FROM job WHERE account = ? AND (id = ? OR number = ?)",
        (order.account, named.id, named.number),
    )
    if not row or order.environment not in (None, row[2]):
        raise NotFound(f"There is no job {order.job[:60]!r}.", field="job")
    if row[1] is None:
        raise Conflict("The job was charged nothing.")
    return JobId(row[0]), row[1], Environment(row[2])


def _refundable(tx: Transaction, hold: str, asked: Money | None) -> Money:
    row = tx.row(
        "SELECT state, captured, (SELECT coalesce(sum(amount), 0) FROM payment WHERE hold = h.id)"
        " FROM hold h WHERE id = ?",
        (hold,),
    )
    assert row is not None, f"hold {hold} is gone"
    if row[0] == "open":
        raise Conflict("The job has not ended: cancel it, and what it has not used is released.")
    left = Money(row[1] - row[2])
    if not left:
        raise Conflict("Nothing is left to refund of what the job was charged.")
    amount = left if asked is None else asked
    if not ZERO < amount <= left:
        raise InvalidInput(
            f"A refund of this job is of more than nothing and at most {left.usd()} USD.",
            field="usd",
            details={"captured_usd": Money(row[1]).usd(), "refunded_usd": Money(row[2]).usd()},
        )
    return amount


def _carry_out(tx: Transaction, box: Box, kind: Kind, order: Order) -> Booked:
    purse = entries.free(order.account, order.environment)
    asked = _Asked(kind, purse, order.amount, order.reason)
    return _earlier(tx, order.key, asked) or _book(tx, box, kind, order)


@dataclass(frozen=True)
class _Asked:
    """What must be the same where a key is the same. `amount` None: whatever was left then."""

    kind: Kind
    purse: str
    amount: Money | None
    reason: str
    hold: str | None = None


def _earlier(tx: Transaction, key: str | None, asked: _Asked) -> Booked | None:
    """What an order of the same key did. Raises IdempotencyMismatch if it was another order."""
    row = key and tx.row(
        f"SELECT {COLUMNS}, a.name, p.hold FROM payment p JOIN entry e ON e.id = p.id"  # noqa: S608  our own names
        " JOIN ledger_account a ON a.id = p.purse WHERE e.unique_key = ?",
        (key,),
    )
    if not row:
        return None
    made = payment_of(row)
    amount = None if asked.amount is None else made.amount
    if asked != _Asked(made.kind, row[-2], amount, made.reason, row[-1]):
        raise IdempotencyMismatch("This key was used before for another payment.")
    return Booked(made, replayed=True)


def _book(
    tx: Transaction,
    box: Box,
    kind: Kind,
    order: Order,
    *,
    refund_of: tuple[JobId, str] | None = None,
) -> Booked:
    job, hold = refund_of or (None, None)
    key = order.key or f"{kind}:{new_ulid()}"
    entry = entries.write(tx, box, kind, key=key, ref=job, reason=order.reason)
    source = entries.revenue(order.environment) if hold else entries.funding(order.environment)
    other = entries.number(tx, source)
    purse = entries.number(tx, entries.free(order.account, order.environment))
    try:
        if order.amount > ZERO:
            entries.move(tx, entry, other, purse, order.amount)
        else:
            entries.move(tx, entry, purse, other, -order.amount)
    except IntegrityError:
        raise _too_much(entries.balance(tx, purse)) from None
    left = entries.balance(tx, purse)
    tx.run(
        "INSERT INTO payment(id, purse, amount, balance, hold) VALUES (?, ?, ?, ?, ?)",
        (entry, purse, order.amount.micros, left.micros, hold),
    )
    row = tx.row(_BY_ID, (entry,))
    assert row is not None
    return Booked(payment_of(row), replayed=False)


def _too_much(left: Money) -> InvalidInput:
    return InvalidInput(
        f"Only {left.usd()} USD are free: a balance cannot fall below nothing.",
        field="usd",
        details={"free_usd": left.usd()},
    )


def payment_of(row: Row) -> Payment:
    """A row that begins with COLUMNS as a Payment."""
    return Payment(
        id=row[0],
        kind=Kind(row[1]),
        amount=Money(row[2]),
        balance=Money(row[3]),
        reason=row[4] or "",
        job=JobId(row[5]) if row[5] else None,
        at=instant(row[6]),
    )
