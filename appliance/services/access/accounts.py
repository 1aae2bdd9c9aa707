"""Accounts and the people who run them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from werkzeug.security import generate_password_hash

from appliance.core.clock import instant, micros
from appliance.core.errors import NotFound
from appliance.core.ids import AccountId, new_id
from appliance.core.jobs import Actor, Environment
from appliance.core.money import Money, usd
from appliance.core.scopes import Scope
from appliance.services.box import Box
from appliance.services.money import ledger


@dataclass(frozen=True)
class Account:
    """An organisation on the box."""

    id: AccountId
    name: str
    plan: str
    status: str
    created_at: datetime


@dataclass(frozen=True)
class FirstStart:
    """What `ensure_first_account` made. `password` is None when it was there already."""

    account: AccountId
    password: str | None


def ensure_first_account(box: Box) -> FirstStart:
    """Give a fresh box its account, its admin with a password, and its starting credits. Once."""
    found = box.db.row("SELECT id FROM account ORDER BY created_at LIMIT 1")
    if found:
        return FirstStart(AccountId(found[0]), None)
    account = AccountId(new_id("acc"))
    password = secrets.token_urlsafe(12)
    billing, now = box.settings.billing, micros(box.clock.now())
    hashed = generate_password_hash(password)
    with box.db.transaction() as tx:
        twin = tx.row("SELECT id FROM account LIMIT 1")
        if twin:  # another process made it since
            return FirstStart(AccountId(twin[0]), None)
        tx.run(
            "INSERT INTO account(id, name, plan, status, created_at) VALUES (?, ?, ?, ?, ?)",
            (account, "Studio", "enterprise", "active", now),
        )
        tx.run(
            "INSERT INTO person(name, role, password, account, created_at) VALUES (?, ?, ?, ?, ?)",
            ("admin", "owner", hashed, account, now),
        )
        ledger.open_purse(tx, account)
        for environment, credits in (
            (Environment.LIVE, billing.starting_credits),
            (Environment.TEST, billing.starting_test_credits),
        ):
            if credits:
                amount = Money(usd(billing.credit_usd).micros * credits)
                ledger.grant_part(
                    tx, box, account, amount, environment=environment, reason="starting credits"
                )
    return FirstStart(account, password)


def account(box: Box, account_id: AccountId) -> Account:
    """The account. Raises NotFound."""
    row = box.db.row(
        "SELECT id, name, plan, status, created_at FROM account WHERE id = ?", (account_id,)
    )
    if row is None:
        raise NotFound("There is no such account.")
    return Account(AccountId(row[0]), row[1], row[2], row[3], instant(row[4]))


def members(box: Box, account_id: AccountId) -> int:
    """How many people the account has."""
    row = box.db.row("SELECT count(*) FROM person WHERE account = ?", (account_id,))
    return int(row[0]) if row else 0


def operator(box: Box) -> Actor:
    """The box's own command line, acting for the first account."""
    first = ensure_first_account(box).account
    return Actor(account=first, environment=Environment.LIVE, scopes=frozenset(Scope))
