from __future__ import annotations

from sqlite3 import IntegrityError

import pytest

from appliance.core.jobs import Environment
from appliance.core.money import ZERO, Money
from appliance.services.money import entries


def opened(tx, name, floor=0):
    entries.open_account(tx, name, floor=floor)
    return entries.number(tx, name)


def test_each_account_has_two_balances_and_each_balance_two_names():
    names = {
        *(entries.free("acc_1", each) for each in Environment),
        *(entries.held("acc_1", each) for each in Environment),
        *(entries.funding(each) for each in Environment),
        *(entries.revenue(each) for each in Environment),
    }

    assert len(names) == 8


def test_what_one_loses_the_other_gains(box):
    with box.db.transaction() as tx:
        bank, till = opened(tx, "bank", floor=None), opened(tx, "till")
        entry = entries.write(tx, box, "grant", key="1", reason="opening")
        entries.move(tx, entry, bank, till, Money(7))

        assert (entries.balance(tx, bank), entries.balance(tx, till)) == (Money(-7), Money(7))


def test_to_move_nothing_is_no_move(box):
    with box.db.transaction() as tx:
        entry = entries.write(tx, box, "grant", key="1")
        entries.move(tx, entry, opened(tx, "a"), opened(tx, "b"), ZERO)

        assert tx.row("SELECT count(*) FROM transfer") == (0,)


def test_no_account_falls_below_its_floor(box):
    with box.db.transaction() as tx:
        till, bank = opened(tx, "till"), opened(tx, "bank", floor=None)
        entry = entries.write(tx, box, "grant", key="1")
        entries.move(tx, entry, bank, till, Money(7))

        with pytest.raises(IntegrityError):
            entries.move(tx, entry, till, bank, Money(8))
        assert entries.balance(tx, till) == Money(7)


def test_an_account_that_is_there_is_left_as_it_is(box):
    with box.db.transaction() as tx:
        till = opened(tx, "till")

        assert opened(tx, "till", floor=-5) == till
        assert tx.row("SELECT floor FROM ledger_account WHERE id = ?", (till,)) == (0,)


def test_a_key_is_used_once(box):
    with box.db.transaction() as tx:
        entries.write(tx, box, "grant", key="1")

        with pytest.raises(IntegrityError):
            entries.write(tx, box, "top_up", key="1")
