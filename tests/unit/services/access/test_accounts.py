from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from werkzeug.security import check_password_hash

from appliance.core.errors import NotFound
from appliance.core.ids import AccountId
from appliance.core.jobs import Environment
from appliance.core.money import usd
from appliance.core.scopes import Scope
from appliance.services.access import accounts
from appliance.services.money import ledger
from tests.support.box import let_go, opened_box


def test_a_fresh_box_gets_its_account_its_admin_and_its_starting_credits(box):
    first = accounts.ensure_first_account(box)
    row = box.db.row("SELECT name, role, password FROM person WHERE account = ?", (first.account,))

    assert row[:2] == ("admin", "owner")
    assert check_password_hash(row[2], first.password)
    assert first.password not in row[2]
    assert ledger.free_balance(box.db, first.account, Environment.LIVE) == usd("50")
    assert ledger.free_balance(box.db, first.account, Environment.TEST) == usd("10")
    assert ledger.faults(box.db) == []


def test_the_second_start_makes_nothing_and_tells_no_password(box):
    first = accounts.ensure_first_account(box)
    again = accounts.ensure_first_account(box)

    assert (again.account, again.password) == (first.account, None)
    assert box.db.row("SELECT count(*) FROM account") == (1,)


def test_starting_credits_may_be_none(tmp_path):
    nothing = {"billing__starting_credits": 0, "billing__starting_test_credits": 0}
    with opened_box(tmp_path, **nothing) as box:
        first = accounts.ensure_first_account(box)

        assert not ledger.free_balance(box.db, first.account, Environment.LIVE)
        assert ledger.faults(box.db) == []


def test_starting_twice_at_once_makes_one_account(box):
    def start(_: int) -> str:
        try:
            return accounts.ensure_first_account(box).account
        finally:
            let_go(box)

    with ThreadPoolExecutor(3) as pool:
        made = set(pool.map(start, range(3)))

    assert len(made) == 1
    assert box.db.row("SELECT count(*) FROM account") == (1,)


def test_an_account_is_told_as_it_is(box, ada, clock):
    found = accounts.account(box, ada.account)

    assert (found.name, found.plan, found.status) == ("Ada's studio", "enterprise", "active")
    assert found.created_at == clock.now()


def test_an_account_that_is_not_there_is_not_found(box):
    with pytest.raises(NotFound):
        accounts.account(box, AccountId("acc_nobody"))


def test_members_are_counted_by_account(box, ada):
    first = accounts.ensure_first_account(box)

    assert first.account == ada.account
    assert accounts.members(box, ada.account) == 0


def test_the_operator_acts_for_the_first_account_with_every_scope_and_no_key(box, ada, root):
    assert root.account == ada.account
    assert root.key is None
    assert root.scopes == frozenset(Scope)
