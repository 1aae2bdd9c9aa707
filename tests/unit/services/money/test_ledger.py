from __future__ import annotations

import json
from sqlite3 import IntegrityError

import pytest

from appliance.core.errors import IdempotencyMismatch, InsufficientCredits, ProcessingFailed
from appliance.core.ids import AccountId
from appliance.core.jobs import Environment
from appliance.core.money import ZERO, usd
from appliance.services.box import Box
from appliance.services.jobs import outcome
from appliance.services.money import audit, ledger, payments
from appliance.services.money.payments import Order, RefundOrder
from tests.support.box import claim, completed, opened_box, submit
from tests.support.personas import open_account

LIVE, TEST = Environment.LIVE, Environment.TEST


def held(box: Box, account: AccountId, amount: str, environment: Environment = LIVE) -> str | None:
    with box.db.transaction() as tx:
        return ledger.hold(tx, box, account, environment, usd(amount))


def settle(box: Box, hold: str | None, captured: str) -> None:
    with box.db.transaction() as tx:
        ledger.settle(tx, box, hold, usd(captured))


def free(box: Box, account: AccountId, environment: Environment = LIVE) -> str:
    return ledger.free_balance(box.db, account, environment).usd()


def capture(box: Box, hold: str | None, amount: str, part: str) -> bool:
    with box.db.transaction() as tx:
        return ledger.capture(tx, box, hold, usd(amount), key=part)


def release(box: Box, hold: str | None) -> None:
    with box.db.transaction() as tx:
        ledger.release_rest(tx, box, hold)


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
    assert audit.faults(box.db) == []


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
    assert audit.faults(box.db) == []


@pytest.mark.parametrize("captured", ["3.000001", "-1"])
def test_more_than_the_hold_or_less_than_nothing_is_not_captured(box, ada, captured):
    hold = held(box, ada.account, "3")

    with pytest.raises(AssertionError):
        settle(box, hold, captured)
    assert ledger.held_balance(box.db, ada.account, LIVE) == usd("3")


def test_parts_are_captured_one_by_one_and_the_rest_released(box, ada):
    hold = held(box, ada.account, "3")

    assert capture(box, hold, "1", "picture") is True
    assert capture(box, hold, "0.5", "film") is True
    assert ledger.held_balance(box.db, ada.account, LIVE) == usd("1.5")
    assert ledger.spent(box.db, ada.account, LIVE) == usd("1.5")
    release(box, hold)

    assert free(box, ada.account) == "8.5"
    assert ledger.held_balance(box.db, ada.account, LIVE) == ZERO
    assert audit.faults(box.db) == []


def test_a_part_is_captured_once_also_after_the_end(box, ada):
    hold = held(box, ada.account, "3")
    capture(box, hold, "1", "picture")

    assert capture(box, hold, "1", "picture") is False
    release(box, hold)
    assert capture(box, hold, "1", "picture") is False

    assert free(box, ada.account) == "9"


@pytest.mark.parametrize(("total", "left"), [("3", "7"), ("2", "8"), ("1", "9"), ("0", "9")])
def test_a_settlement_counts_the_parts_before_it(box, ada, total, left):
    hold = held(box, ada.account, "3")
    capture(box, hold, "1", "picture")

    settle(box, hold, total)

    assert free(box, ada.account) == left
    assert audit.faults(box.db) == []


@pytest.mark.parametrize("amount", ["2.000001", "-1"])
def test_a_part_is_never_more_than_is_left(box, ada, amount):
    hold = held(box, ada.account, "3")
    capture(box, hold, "1", "picture")

    with pytest.raises(AssertionError):
        capture(box, hold, amount, "film")
    assert ledger.spent(box.db, ada.account, LIVE) == usd("1")


def test_a_settled_hold_gives_no_more_parts(box, ada):
    hold = held(box, ada.account, "3")
    release(box, hold)

    with pytest.raises(AssertionError, match="released"):
        capture(box, hold, "1", "picture")


def test_parts_of_nothing_and_of_no_hold_are_no_parts(box, ada):
    assert capture(box, held(box, ada.account, "3"), "0", "picture") is False
    assert capture(box, None, "1", "picture") is False


def test_a_failed_job_keeps_its_parts_charged(box, ada):
    job = submit(box, ada.actor)
    capture(box, job.id, "0.04", "first stage")

    outcome.fail(box, claim(box), ProcessingFailed("The second stage failed."))

    assert free(box, ada.account) == "9.96"
    assert audit.faults(box.db) == []


def test_one_thing_is_held_for_once(box, ada, cyd):
    def hold(persona, amount):
        with box.db.transaction() as tx:
            return ledger.hold(tx, box, persona.account, LIVE, usd(amount), key="call 1")

    assert hold(ada, "3") == hold(ada, "3") == "call 1"
    for persona, amount in ((ada, "2"), (cyd, "3")):
        with pytest.raises(IdempotencyMismatch):
            hold(persona, amount)

    assert (free(box, ada.account), free(box, cyd.account)) == ("7", "10")


def low(box: Box) -> list[dict[str, object]]:
    rows = box.db.rows("SELECT data FROM event WHERE kind = 'credits.low' ORDER BY seq")
    return [json.loads(row[0]) for row in rows]


def test_a_balance_that_falls_low_is_told_once_until_it_is_above_again(box, ada):
    held(box, ada.account, "9")
    assert low(box) == []  # 100 credits are not below 100

    last = held(box, ada.account, "0.01")
    held(box, ada.account, "0.5")
    assert low(box) == [{"credits_remaining": 99, "balance_usd": "0.99", "low_credits": 100}]

    payments.grant(box, Order(ada.account, LIVE, usd("5"), "more"))
    settle(box, last, "0")
    held(box, ada.account, "5")
    assert [told["balance_usd"] for told in low(box)] == ["0.99", "0.5"]


def test_a_refused_hold_tells_nothing(box, ada):
    with pytest.raises(InsufficientCredits):
        held(box, ada.account, "10.01")

    assert low(box) == []


def test_with_a_bound_of_nothing_nothing_is_told(tmp_path):
    with opened_box(tmp_path, billing__low_credits=0) as box:
        held(box, open_account(box, "ada"), "10")

        assert low(box) == []


def test_what_was_spent_this_month_begins_again_with_the_next(box, ada, clock):
    job = completed(box, ada.actor)
    assert ledger.spent_this_month(box, ada.account, LIVE) == usd("0.1")
    assert ledger.spent_this_month(box, ada.account, TEST) == ZERO
    payments.refund(box, RefundOrder(ada.account, job.id, usd("0.04"), "spoilt"))
    assert ledger.spent_this_month(box, ada.account, LIVE) == usd("0.06")

    clock.step(days=18)

    assert ledger.spent_this_month(box, ada.account, LIVE) == ZERO
    assert ledger.spent(box.db, ada.account, LIVE) == usd("0.06")


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
    assert audit.faults(box.db) == []


def test_what_is_captured_stays_captured_also_while_the_hold_is_open(box, ada):
    capture(box, held(box, ada.account, "3"), "1", "picture")

    with pytest.raises(IntegrityError, match="captured"), box.db.transaction() as tx:
        tx.run("UPDATE hold SET captured = 0")


def test_one_business_action_is_one_entry_whatever_repeats_it(box, ada):
    settle(box, held(box, ada.account, "3"), "1")

    with pytest.raises(IntegrityError), box.db.transaction() as tx:
        tx.run("INSERT INTO entry SELECT id || 'x', kind, ref, reason, unique_key, at FROM entry")
