"""Accounts and the people who run them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from werkzeug.security import generate_password_hash

from appliance.adapters.database import Database, Row, Transaction
from appliance.core.clock import instant, micros
from appliance.core.errors import Conflict, NotFound
from appliance.core.ids import AccountId, new_id
from appliance.core.jobs import Actor, Environment
from appliance.core.scopes import Scope
from appliance.services.access import plans
from appliance.services.box import Box
from appliance.services.money import ledger, payments, pricing
from appliance.services.money.payments import Order


class Status(StrEnum):
    """Whether an account's keys open anything."""

    ACTIVE = "active"
    SUSPENDED = "suspended"


@dataclass(frozen=True)
class AccountChange:
    """What to change of an account; None leaves it."""

    name: str | None = None
    plan: str | None = None
    status: Status | None = None


@dataclass(frozen=True)
class Account:
    """An organisation on the box."""

    id: AccountId
    name: str
    plan: str
    status: Status
    created_at: datetime
    members: int


_NEW_PLAN = "enterprise"


@dataclass(frozen=True)
class FirstStart:
    """What `ensure_first_account` made. `password` is None when it was there already."""

    account: AccountId
    password: str | None


def ensure_first_account(box: Box) -> FirstStart:
    """Give a fresh box its account, its admin with a password, and its starting credits. Once."""
    found = _first(box.db)
    if found:
        return FirstStart(found, None)
    account = AccountId(new_id("acc"))
    password = secrets.token_urlsafe(12)
    billing, now = box.settings.billing, micros(box.clock.now())
    hashed = generate_password_hash(password)
    with box.db.transaction() as tx:
        twin = _first(tx)
        if twin:  # another process made it since
            return FirstStart(twin, None)
        _open(tx, box, account, "Studio", _NEW_PLAN)
        tx.run(
            "INSERT INTO person(name, role, password, account, created_at) VALUES (?, ?, ?, ?, ?)",
            ("admin", "owner", hashed, account, now),
        )
        for environment, credits in (
            (Environment.LIVE, billing.starting_credits),
            (Environment.TEST, billing.starting_test_credits),
        ):
            if credits:
                amount = pricing.of_credits(box, credits)
                order = Order(account, environment, amount, "starting credits")
                payments.grant_part(tx, box, order)
    return FirstStart(account, password)


def _first(rows: Database | Transaction) -> AccountId | None:
    row = rows.row("SELECT id FROM account ORDER BY created_at, rowid LIMIT 1")
    return AccountId(row[0]) if row else None


def is_first(box: Box, account_id: AccountId) -> bool:
    """Whether this is the box's own account, whose admins run the box."""
    return _first(box.db) == account_id


def create_account(box: Box, name: str, plan: str | None = None) -> Account:
    """A new account with an empty purse. Raises InvalidInput for a plan that config does not have.

    Its first key is made at the command line or in the console.
    """
    plan = plans.known(box, plan or _NEW_PLAN)
    account_id = AccountId(new_id("acc"))
    with box.db.transaction() as tx:
        _open(tx, box, account_id, name, plan)
    return account(box, account_id)


def _open(tx: Transaction, box: Box, account_id: AccountId, name: str, plan: str) -> None:
    tx.run(
        "INSERT INTO account(id, name, plan, status, created_at) VALUES (?, ?, ?, ?, ?)",
        (account_id, name, plan, Status.ACTIVE, micros(box.clock.now())),
    )
    ledger.open_purse(tx, account_id)


def account(box: Box, account_id: AccountId) -> Account:
    """The account. Raises NotFound, also for a closed one."""
    row = box.db.row(f"SELECT {_COLUMNS} FROM account a WHERE a.id = ? AND {_THERE}", (account_id,))  # noqa: S608  our own names
    if row is None:
        raise NotFound("There is no such account.")
    return _view(row)


def list_accounts(box: Box, *, limit: int = -1, cursor: str | None = None) -> list[Account]:
    """The accounts, newest first: `limit` of them (-1: all), older than the account `cursor`."""
    rows = box.db.rows(
        f"SELECT {_COLUMNS} FROM account a WHERE {_THERE} AND (? IS NULL OR a.id < ?)"  # noqa: S608  our own names
        " ORDER BY a.id DESC LIMIT ?",
        (cursor, cursor, limit),
    )
    return [_view(row) for row in rows]


_COLUMNS = (
    "a.id, a.name, a.plan, a.status, a.created_at,"
    " (SELECT count(*) FROM person p WHERE p.account = a.id)"
)
_THERE = "a.closed_at IS NULL"


def _view(row: Row) -> Account:
    return Account(AccountId(row[0]), row[1], row[2], Status(row[3]), instant(row[4]), row[5])


def change_account(box: Box, account_id: AccountId, change: AccountChange) -> Account:
    """Rename an account, give it a plan, suspend it or let it go on; its keys meet that at the next
    request. Raises NotFound, InvalidInput, Conflict for suspending the box's own.
    """
    plan = plans.known(box, change.plan) if change.plan is not None else None
    with box.db.transaction() as tx:
        if change.status is Status.SUSPENDED:
            _keep_first(tx, account_id, "suspended")
        changed = tx.run(
            "UPDATE account AS a SET name = coalesce(?, name), plan = coalesce(?, plan),"  # noqa: S608  our own names
            f" status = coalesce(?, status) WHERE id = ? AND {_THERE}",
            (change.name, plan, change.status, account_id),
        )
    if not changed:
        raise NotFound("There is no such account.")
    return account(box, account_id)


def close_account(box: Box, account_id: AccountId) -> None:
    """Close an account for good: its keys stop, its jobs and books stay. Raises NotFound, Conflict
    for the box's own and while it has unfinished jobs.
    """
    now = micros(box.clock.now())
    with box.db.transaction() as tx:
        _keep_first(tx, account_id, "closed")
        changed = tx.run(
            f"UPDATE account AS a SET closed_at = ?, status = ? WHERE id = ? AND {_THERE}",  # noqa: S608  our own names
            (now, Status.SUSPENDED, account_id),
        )
        if not changed:
            raise NotFound("There is no such account.")
        row = tx.row(
            "SELECT count(*) FROM job WHERE account = ? AND state IN ('pending', 'processing')",
            (account_id,),
        )
        if row and row[0]:
            raise Conflict(f"The account has {row[0]} unfinished jobs; cancel them or wait.")
        tx.run(
            "UPDATE api_key SET revoked_at = ? WHERE account = ? AND revoked_at IS NULL",
            (now, account_id),
        )


def _keep_first(tx: Transaction, account_id: AccountId, what: str) -> None:
    if _first(tx) == account_id:
        raise Conflict(f"The box's own account cannot be {what}: nobody could undo it.")


def operator(box: Box) -> Actor:
    """The box's own command line, acting for the first account."""
    first = account(box, ensure_first_account(box).account)
    every = frozenset(Scope)
    return Actor(first.id, Environment.LIVE, scopes=every, plan=first.plan)
