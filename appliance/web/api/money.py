"""Money that an admin moves on accounts, and what was paid in as the account itself sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, NotRequired, Protocol, TypedDict

from flask import Response
from flask_smorest import Blueprint

from appliance.core.clock import iso
from appliance.core.errors import Conflict, Forbidden, IdempotencyMismatch, InvalidInput
from appliance.core.ids import AccountId, job_name
from appliance.core.jobs import Actor, Environment
from appliance.core.money import Money, usd
from appliance.core.params import Choice, Help, Length, Pattern, Range
from appliance.core.scopes import Scope
from appliance.services.access import accounts
from appliance.services.box import Box
from appliance.services.money import payments, pricing, statement
from appliance.services.money.payments import Booked, Kind, Order, Payment, RefundOrder
from appliance.web.actor import require, require_operator
from appliance.web.body import read_form, read_query
from appliance.web.families.family import Desk
from appliance.web.listing import Listing
from appliance.web.once import idempotency_key
from appliance.web.reply import Reply, csv_file, respond
from appliance.web.routing import on
from appliance.web.shapes import Data, JobName, Moment, Page, Usd

Reason = Annotated[str, Help("Why; it stands in the account's statement"), Length(1, 200)]
Balance = Annotated[
    str | None, Help("Which balance; without it the key's own"), Choice(tuple(Environment))
]
_SAYS_USD = 'USD as text with at most six decimals, such as "12.50"'


@dataclass(frozen=True)
class Grant:
    """The body of `…/grants`."""

    credits: Annotated[float, Help("How many credits"), Range(0.000001, 100_000_000)]
    reason: Reason
    environment: Balance = None


@dataclass(frozen=True)
class TopUp:
    """The body of `…/top-ups`."""

    usd: Annotated[str, Help("What was paid, in USD"), Pattern(r"\d{1,7}(\.\d{1,6})?", _SAYS_USD)]
    reason: Reason
    environment: Balance = None


@dataclass(frozen=True)
class Adjustment:
    """The body of `…/adjustments`."""

    usd: Annotated[
        str,
        Help("USD to add, or with a minus to take away"),
        Pattern(r"-?\d{1,7}(\.\d{1,6})?", _SAYS_USD),
    ]
    reason: Reason
    environment: Balance = None


@dataclass(frozen=True)
class Refund:
    """The body of `…/refunds`."""

    job: Annotated[str, Help("The job, by any of its names"), Length(1, 60)]
    reason: Reason
    usd: Annotated[
        str | None,
        Help("USD to give back; without it all that the job was charged and is not refunded yet"),
        Pattern(r"\d{1,7}(\.\d{1,6})?", _SAYS_USD),
    ] = None


@dataclass(frozen=True)
class InAccount:
    """Where money is moved."""

    account: Annotated[str, Help("The account's id"), Length(1, 40)]


@dataclass(frozen=True)
class PaymentsAsked(Listing):
    """The query of the list of payments."""

    format: Annotated[
        str, Help("csv: every move of both balances, as a file"), Choice(("json", "csv"))
    ] = "json"


class PaymentShown(TypedDict):
    """Money that somebody moved on a balance."""

    id: str
    kind: Kind
    amount_usd: Annotated[Usd, "What the balance gained, or below zero lost"]
    credits: float
    balance_usd: Annotated[Usd, "What was free right after"]
    reason: str
    job: NotRequired[Annotated[JobName, "The job that a refund is for"]]
    created_at: Moment


_GIVES = {201: Data[PaymentShown]}
_REFUSES = (Forbidden, IdempotencyMismatch)


def add(blueprint: Blueprint, desk: Desk) -> None:
    """Register `/api/v1/payments`, and an account's grants, top-ups, adjustments and refunds."""
    _add_payments(blueprint, desk.box)
    _add_income(blueprint, desk.box)
    _add_corrections(blueprint, desk.box)


def _add_payments(blueprint: Blueprint, box: Box) -> None:
    gives = (Page[PaymentShown], "text/csv")

    @on(blueprint, "/api/v1/payments", asks=PaymentsAsked, gives=gives)
    def list_payments() -> Response:
        """List what was paid in, newest first; `format=csv`: every move of the balances."""
        actor, asked = require(box, Scope.MGMT), read_query(PaymentsAsked)
        where = (box, actor.account, actor.environment)
        if asked.format == "csv":
            return csv_file(statement.as_csv(*where), "statement")
        found = statement.payments(*where, limit=asked.limit, cursor=asked.cursor)
        data = [_shown(box, each) for each in found.payments]
        return respond(Reply({"data": data, "meta": {"next_cursor": found.cursor}}))


def _add_income(blueprint: Blueprint, box: Box) -> None:
    @on(
        *(blueprint, "/api/v1/accounts/<account>/grants", "POST"),
        asks=InAccount,
        takes=Grant,
        gives=_GIVES,
        refuses=_REFUSES,
    )
    def grant_credits(account: str) -> Response:
        """Give an account credits."""
        actor, form = require_operator(box), read_form(Grant)
        order = _order(box, actor, account, form, _worth(box, form.credits))
        return _booked(box, payments.grant(box, order))

    @on(
        *(blueprint, "/api/v1/accounts/<account>/top-ups", "POST"),
        asks=InAccount,
        takes=TopUp,
        gives=_GIVES,
        refuses=_REFUSES,
    )
    def top_up(account: str) -> Response:
        """Enter money that an account paid."""
        actor, form = require_operator(box), read_form(TopUp)
        order = _order(box, actor, account, form, usd(form.usd))
        return _booked(box, payments.top_up(box, order))


def _add_corrections(blueprint: Blueprint, box: Box) -> None:
    @on(
        *(blueprint, "/api/v1/accounts/<account>/adjustments", "POST"),
        asks=InAccount,
        takes=Adjustment,
        gives=_GIVES,
        refuses=_REFUSES,
    )
    def adjust_balance(account: str) -> Response:
        """Correct a balance, up or down, never below nothing."""
        actor, form = require_operator(box), read_form(Adjustment)
        order = _order(box, actor, account, form, usd(form.usd))
        return _booked(box, payments.adjust(box, order))

    @on(
        *(blueprint, "/api/v1/accounts/<account>/refunds", "POST"),
        asks=InAccount,
        takes=Refund,
        gives=_GIVES,
        refuses=(Conflict, Forbidden, IdempotencyMismatch),
    )
    def refund_job(account: str) -> Response:
        """Give back what a job was charged, or a part of it."""
        actor, form = require_operator(box), read_form(Refund)
        order = RefundOrder(
            account=accounts.account(box, AccountId(account)).id,
            job=form.job,
            amount=usd(form.usd) if form.usd is not None else None,
            reason=form.reason,
            key=_key(actor),
            environment=_only(actor),
        )
        return _booked(box, payments.refund(box, order))


class _Form(Protocol):
    @property
    def reason(self) -> str: ...
    @property
    def environment(self) -> str | None: ...


def _order(box: Box, actor: Actor, account: str, form: _Form, amount: Money) -> Order:
    where = Environment(form.environment or actor.environment)
    if _only(actor) not in (None, where):
        raise Forbidden("A test key moves nothing but test balances.")
    found = accounts.account(box, AccountId(account))
    return Order(found.id, where, amount, form.reason, _key(actor))


def _only(actor: Actor) -> Environment | None:
    """The one balance a test key may move; an admin's live key moves both."""
    return Environment.TEST if actor.environment is Environment.TEST else None


def _key(actor: Actor) -> str | None:
    key = idempotency_key()
    return f"asked:{actor.account}:{key}" if key else None


def _worth(box: Box, credits: float) -> Money:
    try:
        return pricing.of_credits(box, credits)
    except ValueError:
        raise InvalidInput(
            "credits must come to a whole number of millionths of a USD.", field="credits"
        ) from None


def _booked(box: Box, booked: Booked) -> Response:
    replayed = {"Idempotent-Replayed": "true"} if booked.replayed else {}
    return respond(Reply({"data": _shown(box, booked.payment)}, 201, replayed))


def _shown(box: Box, payment: Payment) -> dict[str, Any]:
    shown = {
        "id": payment.id,
        "kind": payment.kind.value,
        "amount_usd": payment.amount.usd(),
        "credits": pricing.in_credits(box, payment.amount),
        "balance_usd": payment.balance.usd(),
        "reason": payment.reason,
        "created_at": iso(payment.at),
    }
    return shown | {"job": job_name(payment.job)} if payment.job else shown
