from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from appliance.core.money import usd
from appliance.services.money import audit, ledger, payments
from appliance.services.money.payments import RefundOrder
from tests.support.box import claim, completed, opened_box, submit
from tests.support.personas import move_in
from tests.unit.services.money.machine import Books
from tests.unit.services.money.race import race

SETTLED = "hold WHERE state = 'captured'"
PLANTED = {
    "the balances do not sum to zero": "UPDATE ledger_account SET balance = 7 WHERE balance = 0",
    "a balance differs from the sum of its transfers": (
        "UPDATE ledger_account SET balance = balance + iif(name LIKE 'funding:l%', 1, -1)"
        " WHERE name LIKE 'funding:%'"
    ),
    "held money differs from the open holds": (
        "UPDATE hold SET amount = amount + 1 WHERE state = 'open'"
    ),
    "revenue differs from what was captured and not refunded": (
        "UPDATE hold SET captured = captured + 1 WHERE state = 'open'"
    ),
    "funding differs from what was paid in": (
        "UPDATE ledger_account SET balance = balance - 1 WHERE name = 'funding:live'"
    ),
    "a payment differs from its transfer": (
        "INSERT INTO entry VALUES ('1', 'grant', '', '', '1', 1)"
    ),
    "the moves of a hold do not add up to it": (
        "UPDATE hold SET captured = captured + 1 WHERE state = 'open'"
    ),
    "more was refunded than captured": (
        "DROP TRIGGER refund_fits;"
        " INSERT INTO payment SELECT e.id, h.debtor, h.captured + 1, 0, h.id FROM entry e, hold h"
        " WHERE e.kind = 'settle' AND e.ref = h.id"
    ),
    "a job names a hold that is not there": "UPDATE job SET hold = 'x' WHERE state = 'pending'",
    "two jobs name one hold": f"UPDATE job SET hold = (SELECT id FROM {SETTLED})",
    "an open hold belongs to no unfinished job": (
        "UPDATE job SET state = 'failed' WHERE state = 'pending'"
    ),
    "an unfinished job's hold is settled": (
        "UPDATE job SET state = 'processing' WHERE state = 'completed'"
    ),
    "a completed job is not captured in full": (
        "UPDATE job SET price = price + 1 WHERE state = 'completed'"
    ),
    "a failed or cancelled job was charged beyond its parts": (
        "UPDATE job SET state = 'cancelled' WHERE state = 'completed'"
    ),
}


@pytest.mark.parametrize("says", PLANTED)
def test_a_planted_fault_is_found(box, ada, says):
    completed(box, ada.actor)
    submit(box, ada.actor)
    assert audit.faults(box.db) == []

    with box.db.transaction() as tx:
        for sql in PLANTED[says].split(";"):
            tx.run(sql)

    assert says in audit.faults(box.db)


def test_a_balance_below_its_floor_is_found(box, ada):
    with box.db.transaction() as tx:
        tx.run("PRAGMA ignore_check_constraints = 1")
        tx.run("UPDATE ledger_account SET balance = -1 WHERE name LIKE 'held:%'")
        tx.run("PRAGMA ignore_check_constraints = 0")

    assert "a balance is below its floor" in audit.faults(box.db)


def test_every_check_has_a_fault_that_it_finds():
    assert {*PLANTED, "a balance is below its floor"} == set(audit._CHECKS)


def test_books_with_jobs_in_every_state_are_in_order(box, ada):
    done = completed(box, ada.actor)
    part = submit(box, ada.actor)
    with box.db.transaction() as tx:
        assert ledger.capture(tx, box, part.id, usd("0.04"), key="1")
    claim(box)
    submit(box, ada.actor)
    payments.refund(box, RefundOrder(ada.account, done.id, usd("0.03"), "spoilt"))

    assert audit.faults(box.db) == []


def test_books_without_a_single_hold_are_in_order(tmp_path):
    with opened_box(tmp_path, billing__enabled=False) as box:
        completed(box, move_in(box).ada.actor)

        assert audit.faults(box.db) == []


def test_the_books_agree_with_an_oracle_whatever_happens():
    bounded = settings(max_examples=40, stateful_step_count=35, deadline=None)
    run_state_machine_as_test(Books, settings=bounded)


def test_the_books_are_in_order_whatever_several_processes_do_at_once(tmp_path):
    race(tmp_path, processes=4, actions=60)
