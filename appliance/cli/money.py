"""`credits` and `ledger`: moving an account's money, its statement, and checking the books."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import click

from appliance.cli.box import plainly, this_box
from appliance.core.errors import InvalidInput
from appliance.core.ids import AccountId
from appliance.core.jobs import Environment
from appliance.core.money import Money, usd
from appliance.services.box import Box

if TYPE_CHECKING:
    from appliance.services.money.payments import Booked, Order

F = TypeVar("F", bound=Callable[..., Any])

_ACCOUNT = click.option("--account", help="Its id; without it the first account.")
_TEST = click.option("--test", "environment", flag_value="test", help="On the test balance.")
_KEY = click.option("--key", help="Done once under this key, however often it is said.")
_REASON = click.option("--reason", required=True, help="Why; it stands in the statement.")
# An amount may begin with a minus, which is no option.
_SIGNED = {"ignore_unknown_options": True}


def _moving(command: F) -> F:
    """The options that every move of money has."""
    return _ACCOUNT(_TEST(_KEY(command)))


@click.group()
def credits() -> None:
    """Credits of an account: grant, top-up, adjust, refund, statement."""


@credits.command("grant")
@click.argument("amount", type=click.IntRange(1))
@click.option("--reason", default="granted by the admin", show_default=True)
@_moving
@plainly
def grant(amount: int, reason: str, **where: str | None) -> None:
    """Give AMOUNT credits."""
    from appliance.services.money import payments, pricing

    box = this_box()
    worth = pricing.of_credits(box, amount)
    _tell(box, payments.grant(box, _order(box, worth, reason, where)))


@credits.command("top-up")
@click.argument("amount")
@_REASON
@_moving
@plainly
def top_up(amount: str, reason: str, **where: str | None) -> None:
    """Enter AMOUNT USD that were paid."""
    from appliance.services.money import payments

    box = this_box()
    _tell(box, payments.top_up(box, _order(box, _usd(amount), reason, where)))


@credits.command("adjust", context_settings=_SIGNED)
@click.argument("amount")
@_REASON
@_moving
@plainly
def adjust(amount: str, reason: str, **where: str | None) -> None:
    """Correct the balance by AMOUNT USD, such as 5 or -2.50; never below nothing."""
    from appliance.services.money import payments

    box = this_box()
    _tell(box, payments.adjust(box, _order(box, _usd(amount), reason, where)))


@credits.command("refund")
@click.argument("job")
@click.option("--usd", "amount", help="USD to give back; without it all that is left.")
@_REASON
@_ACCOUNT
@_KEY
@plainly
def refund(job: str, amount: str | None, reason: str, account: str | None, key: str | None) -> None:
    """Give back what JOB was charged."""
    from appliance.services.money import payments

    box = this_box()
    order = payments.RefundOrder(
        account=_account(box, account),
        job=job,
        amount=_usd(amount) if amount is not None else None,
        reason=reason,
        key=_unique(key),
    )
    _tell(box, payments.refund(box, order))


@credits.command("statement")
@_ACCOUNT
@_TEST
@plainly
def show_statement(account: str | None, environment: str | None) -> None:
    """Print every move of the balances as CSV."""
    from appliance.services.money.statement import as_csv

    box = this_box()
    where = Environment(environment or "live")
    sys.stdout.writelines(as_csv(box, _account(box, account), where))


@click.group()
def ledger() -> None:
    """The books."""


@ledger.command("verify")
@plainly
def verify() -> None:
    """Check every invariant of the ledger; exit status 1 if one is broken."""
    from appliance.services.money.audit import faults

    found = faults(this_box().db)
    for fault in found:
        click.echo(fault, err=True)
    if found:
        raise SystemExit(1)
    click.echo("The books are in order.")


def _order(box: Box, amount: Money, reason: str, where: Mapping[str, str | None]) -> Order:
    from appliance.services.money.payments import Order

    environment = Environment(where["environment"] or "live")
    account = _account(box, where["account"])
    return Order(account, environment, amount, reason, _unique(where["key"]))


def _account(box: Box, account: str | None) -> AccountId:
    from appliance.services.access import accounts

    if account is None:
        return accounts.operator(box).account
    return accounts.account(box, AccountId(account)).id


def _unique(key: str | None) -> str | None:
    return f"said:{key}" if key else None


def _usd(text: str) -> Money:
    try:
        return usd(text)
    except ValueError as error:
        raise InvalidInput(f"{error}.") from None


def _tell(box: Box, booked: Booked) -> None:
    from appliance.services.money.pricing import in_credits

    done = "done before; " if booked.replayed else ""
    click.echo(f"{done}{in_credits(box, booked.payment.balance)} credits free")
