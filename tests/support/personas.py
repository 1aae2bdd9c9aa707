"""The people of the tests.

Ada owns an account and Ben has another key of the same one; Cyd is a stranger with an account of
her own; Root is the operator at the box's command line, acting for the first account: Ada's.
"""

from __future__ import annotations

from dataclasses import dataclass

from appliance.core.clock import micros
from appliance.core.ids import AccountId, KeyId, new_id
from appliance.core.jobs import Actor, Environment
from appliance.core.money import usd
from appliance.core.scopes import DEFAULT_SCOPES
from appliance.services.access import accounts, keys
from appliance.services.access.keys import KeyWish
from appliance.services.box import Box
from appliance.services.money import ledger, payments
from appliance.services.money.payments import Order

STARTING_USD = "10"


@dataclass(frozen=True)
class Persona:
    """Somebody with a key. `actor` is who the box takes the key for."""

    actor: Actor
    secret: str

    @property
    def account(self) -> AccountId:
        return self.actor.account

    @property
    def key(self) -> KeyId:
        assert self.actor.key is not None
        return self.actor.key


@dataclass(frozen=True)
class Cast:
    """Everybody, on one box."""

    ada: Persona
    ben: Persona
    cyd: Persona
    root: Actor


def move_in(box: Box, *, credit_usd: str = STARTING_USD) -> Cast:
    """Give a fresh box its people, each account with so much on its live and test balance."""
    studio = open_account(box, "Ada's studio", credit_usd=credit_usd)
    stranger = open_account(box, "Cyd's shop", credit_usd=credit_usd)
    return Cast(
        ada=with_key(box, studio, "ada"),
        ben=with_key(box, studio, "ben"),
        cyd=with_key(box, stranger, "cyd"),
        root=accounts.operator(box),
    )


def open_account(box: Box, name: str, *, credit_usd: str = STARTING_USD) -> AccountId:
    """An account with its purse; `credit_usd` on its live and on its test balance."""
    account = AccountId(new_id("acc"))
    with box.db.transaction() as tx:
        tx.run(
            "INSERT INTO account(id, name, plan, status, created_at) VALUES (?, ?, ?, ?, ?)",
            (account, name, "enterprise", "active", micros(box.clock.now())),
        )
        ledger.open_purse(tx, account)
    for environment in Environment:
        if usd(credit_usd):
            payments.grant(box, Order(account, environment, usd(credit_usd), "test"))
    return account


def with_key(
    box: Box, account: AccountId, name: str, environment: Environment = Environment.LIVE
) -> Persona:
    """Somebody with a fresh key of the account."""
    made = keys.create_key(box, account, KeyWish(name, environment=environment))
    actor = Actor(
        account=account,
        environment=environment,
        scopes=DEFAULT_SCOPES,
        key=made.id,
        key_hint=made.secret[:12] + "…",
        plan="enterprise",
        lineage=made.id,
    )
    return Persona(actor, made.secret)
