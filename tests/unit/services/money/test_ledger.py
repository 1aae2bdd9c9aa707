from __future__ import annotations

import tempfile
from pathlib import Path
from sqlite3 import IntegrityError

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from appliance.core.errors import InsufficientCredits, InvalidInput
from appliance.core.ids import AccountId
from appliance.core.jobs import Environment
from appliance.core.money import ZERO, Money, usd
from appliance.services.box import Box
from appliance.services.money import ledger
from tests.support.box import claim, completed, let_go, make_box, opened_box, submit
from tests.support.personas import open_account

LIVE, TEST = Environment.LIVE, Environment.TEST
NO_JOB = "an open hold belongs to no unfinished job"


def held(box: Box, account: AccountId, amount: str, environment: Environment = LIVE) -> str | None:
    with box.db.transaction() as tx:
        return ledger.hold(tx, box, account, environment, usd(amount))


def settle(box: Box, hold: str | None, captured: str) -> None:
    with box.db.transaction() as tx:
        ledger.settle(tx, box, hold, usd(captured))


def free(box: Box, account: AccountId, environment: Environment = LIVE) -> str:
    return ledger.free_balance(box.db, account, environment).usd()


def test_a_grant_is_spent_from_one_balance_only(box, ada, cyd):
    left = ledger.grant(box, ada.account, usd("5"), environment=LIVE, reason="gift")

    assert left == usd("15")
    assert (free(box, ada.account, TEST), free(box, cyd.account)) == ("10", "10")


@pytest.mark.parametrize("amount", ["0", "-1"])
def test_a_grant_of_nothing_or_less_is_refused(box, ada, amount):
    with pytest.raises(InvalidInput):
        ledger.grant(box, ada.account, usd(amount), environment=LIVE, reason="oops")

    assert free(box, ada.account) == "10"


def test_a_hold_is_set_aside_and_captured(box, ada):
    hold = held(box, ada.account, "3")
    assert free(box, ada.account) == "7"
    assert ledger.held_balance(box.db, ada.account, LIVE) == usd("3")

    settle(box, hold, "3")

    assert free(box, ada.account) == "7"
    assert ledger.held_balance(box.db, ada.account, LIVE) == ZERO
    assert ledger.spent(box.db, ada.account, LIVE) == usd("3")


@pytest.mark.parametrize(("captured", "left"), [("0", "10"), ("1", "9"), ("3", "7")])
def test_captured_and_released_together_are_what_was_held(box, ada, captured, left):
    settle(box, held(box, ada.account, "3"), captured)

    assert free(box, ada.account) == left
    assert ledger.spent(box.db, ada.account, LIVE) == usd(captured)
    assert ledger.faults(box.db) == []


def test_the_last_micro_dollar_can_be_held_and_not_one_more(box, ada):
    with pytest.raises(InsufficientCredits) as caught:
        held(box, ada.account, "10.000001")
    assert caught.value.details == {"needed_usd": "10.000001", "free_usd": "10"}
    assert box.db.row("SELECT count(*) FROM hold") == (0,)
    assert box.db.row("SELECT count(*) FROM entry WHERE kind = 'hold'") == (0,)

    held(box, ada.account, "10")

    assert free(box, ada.account) == "0"


def test_a_test_hold_leaves_the_live_balance_alone(box, ada):
    held(box, ada.account, "4", TEST)

    assert (free(box, ada.account), free(box, ada.account, TEST)) == ("10", "6")


def test_nothing_to_hold_is_no_hold(box, ada):
    assert held(box, ada.account, "0") is None
    settle(box, None, "0")


def test_with_billing_off_nothing_is_refused_for_lack_of_credits(tmp_path):
    with opened_box(tmp_path, billing__enabled=False) as box:
        account = open_account(box, "poor", credit_usd="0")

        assert held(box, account, "1000") is None
        assert free(box, account) == "0"


@pytest.mark.parametrize("captured", ["0", "1", "3"])
def test_a_hold_is_settled_once(box, ada, captured):
    hold = held(box, ada.account, "3")
    settle(box, hold, "1")
    before = free(box, ada.account)

    with pytest.raises(AssertionError, match="captured"):
        settle(box, hold, captured)

    assert free(box, ada.account) == before
    assert ledger.faults(box.db) == []


@pytest.mark.parametrize("captured", ["3.000001", "-1"])
def test_more_than_the_hold_or_less_than_nothing_is_not_captured(box, ada, captured):
    hold = held(box, ada.account, "3")

    with pytest.raises(AssertionError):
        settle(box, hold, captured)
    assert ledger.held_balance(box.db, ada.account, LIVE) == usd("3")


def test_what_was_spent_this_month_begins_again_with_the_next(box, ada, clock):
    completed(box, ada.actor)
    assert ledger.spent_this_month(box, ada.account, LIVE) == usd("0.1")
    assert ledger.spent_this_month(box, ada.account, TEST) == ZERO

    clock.step(days=18)

    assert ledger.spent_this_month(box, ada.account, LIVE) == ZERO
    assert ledger.spent(box.db, ada.account, LIVE) == usd("0.1")


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE transfer SET amount = 1",
        "DELETE FROM transfer",
        "UPDATE hold SET captured = 0",
        "UPDATE hold SET state = 'open'",
        "INSERT INTO transfer SELECT NULL, entry, debit, credit, 0 FROM transfer",
        "INSERT INTO transfer SELECT NULL, entry, debit, debit, 1 FROM transfer",
        "DELETE FROM entry",
        "UPDATE entry SET reason = 'another'",
        "DELETE FROM hold",
    ],
)
def test_the_past_cannot_be_written_anew(box, ada, sql):
    settle(box, held(box, ada.account, "3"), "1")

    with pytest.raises(IntegrityError), box.db.transaction() as tx:
        tx.run(sql)
    assert ledger.faults(box.db) == []


def test_one_business_action_is_one_entry_whatever_repeats_it(box, ada):
    settle(box, held(box, ada.account, "3"), "1")

    with pytest.raises(IntegrityError), box.db.transaction() as tx:
        tx.run("INSERT INTO entry SELECT id || 'x', kind, ref, reason, unique_key, at FROM entry")


PLANTED = {
    "the balances do not sum to zero": "UPDATE ledger_account SET balance = 7 WHERE balance = 0",
    "a balance differs from the sum of its transfers": (
        "UPDATE ledger_account SET balance = balance + iif(name LIKE 'funding:l%', 1, -1)"
        " WHERE name LIKE 'funding:%'"
    ),
    "held money differs from the open holds": (
        "UPDATE hold SET amount = amount + 1 WHERE state = 'open'"
    ),
    NO_JOB: "UPDATE job SET state = 'failed' WHERE state = 'pending'",
    "a completed job is not captured in full": (
        "UPDATE job SET price = price + 1 WHERE state = 'completed'"
    ),
    "a failed or cancelled job was charged": (
        "UPDATE job SET state = 'cancelled' WHERE state = 'completed'"
    ),
}


@pytest.mark.parametrize("says", PLANTED)
def test_a_planted_fault_is_found(box, ada, says):
    completed(box, ada.actor)
    submit(box, ada.actor)
    assert ledger.faults(box.db) == []

    with box.db.transaction() as tx:
        assert tx.run(PLANTED[says])

    assert says in ledger.faults(box.db)


def test_books_with_jobs_in_every_state_are_in_order(box, ada):
    completed(box, ada.actor)
    submit(box, ada.actor)
    submit(box, ada.actor)
    claim(box)

    assert ledger.faults(box.db) == []


class Books(RuleBasedStateMachine):
    """Grants, holds and settlements in any order, beside a model that only adds and subtracts."""

    holds: Bundle[tuple[int, str, int]] = Bundle("holds")
    settled: Bundle[str] = Bundle("settled")

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        self.box = make_box(Path(self._folder.name))
        self.accounts = [open_account(self.box, name, credit_usd="0") for name in "ab"]
        self.free, self.held, self.spent = [0, 0], [0, 0], [0, 0]

    def teardown(self) -> None:
        let_go(self.box)
        self._folder.cleanup()

    @rule(who=st.integers(0, 1), amount=st.integers(1, 5_000_000))
    def grant(self, who: int, amount: int) -> None:
        ledger.grant(self.box, self.accounts[who], Money(amount), environment=LIVE, reason="")
        self.free[who] += amount

    @rule(target=holds, who=st.integers(0, 1), amount=st.integers(1, 4_000_000))
    def hold(self, who: int, amount: int):
        try:
            hold = held(self.box, self.accounts[who], Money(amount).usd())
        except InsufficientCredits:
            assert self.free[who] < amount
            return multiple()
        assert self.free[who] >= amount
        self.free[who] -= amount
        self.held[who] += amount
        return (who, str(hold), amount)

    @rule(target=settled, hold=consumes(holds), part=st.floats(0, 1))
    def settle(self, hold: tuple[int, str, int], part: float) -> str:
        who, name, amount = hold
        captured = round(amount * part)
        settle(self.box, name, Money(captured).usd())
        self.held[who] -= amount
        self.spent[who] += captured
        self.free[who] += amount - captured
        return name

    @rule(hold=settled)
    def settle_again(self, hold: str) -> None:
        with pytest.raises(AssertionError):
            settle(self.box, hold, "0")

    @invariant()
    def the_books_agree_with_the_model(self) -> None:
        for who, account in enumerate(self.accounts):
            assert ledger.free_balance(self.box.db, account, LIVE).micros == self.free[who]
            assert ledger.held_balance(self.box.db, account, LIVE).micros == self.held[who]
            assert ledger.spent(self.box.db, account, LIVE).micros == self.spent[who]
        assert ledger.faults(self.box.db) == ([NO_JOB] if any(self.held) else [])


def test_the_books_are_in_order_whatever_happens():
    bounded = settings(max_examples=10, stateful_step_count=15, deadline=None)
    run_state_machine_as_test(Books, settings=bounded)
