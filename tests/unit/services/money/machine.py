"""Accounts, holds, captures in parts, releases, refunds, payments, replays, in any order, on a
real box: after each step every row agrees with an oracle that only adds and subtracts.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    multiple,
    precondition,
    rule,
)

from appliance.core.errors import ApplianceError, ProcessingFailed
from appliance.core.ids import JobId
from appliance.core.jobs import Environment, Lane
from appliance.core.money import Money
from appliance.services.jobs import claiming, outcome
from appliance.services.money import audit, ledger, payments, statement
from appliance.services.money.payments import Booked, Kind, Order, RefundOrder
from tests.support.box import BOOT, Card, let_go, make_box, submit
from tests.support.personas import open_account, with_key
from tests.unit.services.money.oracle import LOW, Oracle

PRICE = 1_234_567
PAY = {Kind.GRANT: payments.grant, Kind.TOP_UP: payments.top_up, Kind.ADJUSTMENT: payments.adjust}

STARTING = 12_000_000
purses = st.integers(0, 3)  # two accounts, live and test
keys = st.none() | st.sampled_from(["a", "b", "c"])
amounts = st.sampled_from([-3_000_000, -1, 1, 9_999_999, 10_000_000, 12_345_678])
given_back = st.sampled_from([None, 0, 1, PRICE // 4, PRICE // 2, 5 * PRICE])
parts = st.sampled_from(["1", "2", "3"])


class Books(RuleBasedStateMachine):
    deals: Bundle[int] = Bundle("deals")
    orders: Bundle[tuple[Kind, int, int, str]] = Bundle("orders")

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        book = {"prices__test.card": f"{Money(PRICE).usd()}/picture"}
        folder = Path(self._folder.name)
        self.box = make_box(folder, billing__low_credits=LOW // 10_000, **book)
        start = Money(STARTING).usd()
        accounts = [open_account(self.box, name, credit_usd=start) for name in "ab"]
        self.purses = [(each, environment) for each in accounts for environment in Environment]
        self.actors = [
            with_key(self.box, account, "key", environment).actor
            for account, environment in self.purses
        ]
        self.oracle = Oracle(len(self.purses))
        self.jobs: list[JobId] = []
        self.paid: list[str] = []
        for number, purse in enumerate(self.purses):
            self.oracle.pay(Kind.GRANT, number, STARTING, None)
            self.paid += [
                each.id for each in statement.payments(self.box, *purse, limit=9).payments
            ]

    def teardown(self) -> None:
        let_go(self.box)
        self._folder.cleanup()

    # What people do

    @rule(
        target=orders,
        kind=st.sampled_from(sorted(PAY)),
        purse=purses,
        amount=amounts,
        key=keys,
    )
    def pay(self, kind: Kind, purse: int, amount: int, key: str | None) -> Any:
        self._pay(kind, purse, amount, key)
        return (kind, purse, amount, key) if key else multiple()

    @rule(order=orders)
    def pay_again(self, order: tuple[Kind, int, int, str]) -> None:
        self._pay(*order)

    def _pay(self, kind: Kind, purse: int, amount: int, key: str | None) -> None:
        order = Order(*self.purses[purse], Money(amount), "because", key)
        self._booked(
            lambda: self.oracle.pay(kind, purse, amount, key), lambda: PAY[kind](self.box, order)
        )

    @precondition(lambda self: any(deal.ended for deal in self.oracle.deals))
    @rule(which=st.integers(0, 9), amount=given_back, key=keys, times=st.integers(1, 3))
    def refund(self, which: int, amount: int | None, key: str | None, times: int) -> None:
        ended = [number for number, deal in enumerate(self.oracle.deals) if deal.ended]
        self._refund(ended[which % len(ended)], amount, key, times)

    @rule(deal=deals, amount=given_back, key=keys)
    def refund_any(self, deal: int, amount: int | None, key: str | None) -> None:
        self._refund(deal, amount, key, 1)

    def _refund(self, deal: int, amount: int | None, key: str | None, times: int) -> None:
        money = None if amount is None else Money(amount)
        account = self.purses[self._purse(deal)][0]
        order = RefundOrder(account, self.jobs[deal], money, "because", key)
        for _ in range(times):
            self._booked(
                lambda: self.oracle.refund(deal, amount, key),
                lambda: payments.refund(self.box, order),
            )

    def _booked(self, expected: Callable[[], int], real: Callable[[], Booked]) -> None:
        known = len(self.paid)
        number, booked = both(expected, real)
        if booked is None:
            return
        if not booked.replayed:
            self.paid.append(booked.payment.id)
        assert booked.replayed == (number < known)
        assert self.paid[number] == booked.payment.id
        assert self.oracle.paid[number].balance == booked.payment.balance.micros

    # What jobs do

    @rule(target=deals, purse=purses, count=st.integers(1, 4))
    def submit(self, purse: int, count: int) -> Any:
        time.sleep(0.001)  # ids of one millisecond have no order, and claims must repeat
        params = Card("Hello", count=count)
        deal, job = both(
            lambda: self.oracle.hold(purse, count * PRICE),
            lambda: submit(self.box, self.actors[purse], params=params),
        )
        if job is None:
            return multiple()
        self.jobs.append(job.id)
        return deal

    @rule(deal=deals, more=st.booleans())
    def hold_again(self, deal: int, more: bool) -> None:
        price = Money(self.oracle.deals[deal].price + more)
        try:
            with self.box.db.transaction() as tx:
                key = self.jobs[deal]
                purse = self.purses[self._purse(deal)]
                assert ledger.hold(tx, self.box, *purse, price, key=key) == key
        except ApplianceError as error:
            assert (more, error.code) == (True, "idempotency_mismatch")
        else:
            assert not more

    @rule(deal=deals, amount=st.integers(0, 2 * PRICE), part=parts)
    def capture(self, deal: int, amount: int, part: str) -> None:
        def real() -> bool:
            with self.box.db.transaction() as tx:
                return ledger.capture(tx, self.box, self.jobs[deal], Money(amount), key=part)

        expected, taken = both(lambda: self.oracle.capture(deal, amount, part), real)
        assert expected == taken

    @precondition(lambda self: any(not deal.ended for deal in self.oracle.deals))
    @rule(well=st.booleans(), used=st.integers(0, 2))
    def work(self, well: bool, used: int) -> None:
        self.box.clock.sleep(1e-6)
        job = claiming.claim_next(self.box, Lane.LIGHT, BOOT)
        assert job is not None
        deal = self.jobs.index(job.id)
        for part in "123"[:used]:
            self.capture(deal, PRICE // 4, part)
        if well:
            assert outcome.finish(self.box, job, outcome.Result([], {}, (), 1.0))
            self.oracle.end(deal, self.oracle.deals[deal].price)
        else:
            outcome.fail(self.box, job, ProcessingFailed("It did not work."))
            self.oracle.end(deal, 0)

    @rule(deal=deals)
    def cancel(self, deal: int) -> None:
        if self.oracle.deals[deal].ended:
            return
        outcome.request_cancel(self.box, self.jobs[deal])
        self.oracle.end(deal, 0)

    @rule(deal=deals)
    def settle_again(self, deal: int) -> None:
        if not self.oracle.deals[deal].ended:
            return
        try:
            with self.box.db.transaction() as tx:
                ledger.release_rest(tx, self.box, self.jobs[deal])
        except AssertionError:
            return
        raise AssertionError("a settled hold was settled again")

    # What must be true

    @invariant()
    def the_books_are_in_order(self) -> None:
        assert audit.faults(self.box.db) == []

    @invariant()
    def the_balances_are_the_oracles(self) -> None:
        for number, purse in enumerate(self.purses):
            expected = self.oracle.purses[number]
            assert ledger.free_balance(self.box.db, *purse).micros == expected.free
            assert ledger.held_balance(self.box.db, *purse).micros == expected.held
            assert ledger.spent(self.box.db, *purse).micros == self.oracle.spent(number)
            low = self.box.db.row(
                "SELECT count(*) FROM event WHERE kind = 'credits.low' AND account = ?"
                " AND environment = ?",
                purse,
            )
            assert low == (expected.lows,)

    @invariant()
    def every_payment_is_listed_once(self) -> None:
        for number, purse in enumerate(self.purses):
            listed = statement.payments(self.box, *purse, limit=1000).payments
            wanted = {
                self.paid[n]: (each.kind, each.amount, each.balance)
                for n, each in enumerate(self.oracle.paid)
                if each.purse == number
            }
            assert {p.id: (p.kind, p.amount.micros, p.balance.micros) for p in listed} == wanted

    def _purse(self, deal: int) -> int:
        return self.oracle.purses.index(self.oracle.deals[deal].purse)


def both(expected: Callable[[], Any], real: Callable[[], Any]) -> tuple[Any, Any]:
    """What oracle and box give; (None, None) if both refuse, in the same way."""
    refused, wanted = _outcome(expected)
    error, found = _outcome(real)
    assert error is refused, f"{error} instead of {refused}"
    return wanted, found


def _outcome(action: Callable[[], Any]) -> tuple[type | None, Any]:
    try:
        return None, action()
    except (ApplianceError, AssertionError) as error:
        return type(error), None
