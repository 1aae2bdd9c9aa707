from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from werkzeug.security import check_password_hash

from appliance.core.errors import AccountSuspended, Conflict, InvalidInput, InvalidKey, NotFound
from appliance.core.ids import AccountId
from appliance.core.jobs import Environment
from appliance.core.money import usd
from appliance.core.scopes import Scope
from appliance.services.access import accounts, door
from appliance.services.access.accounts import AccountChange, Status
from appliance.services.jobs import outcome
from appliance.services.money import audit, ledger
from tests.support.box import let_go, opened_box, submit


def test_a_fresh_box_gets_its_account_its_admin_and_its_starting_credits(box):
    first = accounts.ensure_first_account(box)
    row = box.db.row("SELECT name, role, password FROM person WHERE account = ?", (first.account,))

    assert row[:2] == ("admin", "owner")
    assert check_password_hash(row[2], first.password)
    assert first.password not in row[2]
    assert ledger.free_balance(box.db, first.account, Environment.LIVE) == usd("50")
    assert ledger.free_balance(box.db, first.account, Environment.TEST) == usd("10")
    assert audit.faults(box.db) == []


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
        assert audit.faults(box.db) == []


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
    assert accounts.account(box, ada.account).members == 0


def test_the_operator_acts_for_the_first_account_with_every_scope_and_no_key(box, ada, root):
    assert root.account == ada.account
    assert root.key is None
    assert root.scopes == frozenset(Scope)


def test_a_new_account_is_enterprise_with_an_empty_purse(box, ada):
    made = accounts.create_account(box, "Dora's den")

    assert (made.name, made.plan, made.status) == ("Dora's den", "enterprise", Status.ACTIVE)
    for environment in Environment:
        assert not ledger.free_balance(box.db, made.id, environment)
    assert audit.faults(box.db) == []
    assert not accounts.is_first(box, made.id)
    assert accounts.is_first(box, ada.account)


def test_an_account_has_a_plan_of_config(box, cyd):
    assert accounts.create_account(box, "Dora", "free").plan == "free"

    for reach in (
        lambda: accounts.create_account(box, "Eve", "gold"),
        lambda: accounts.change_account(box, cyd.account, AccountChange(plan="gold")),
    ):
        with pytest.raises(InvalidInput) as caught:
            reach()
        assert caught.value.field == "plan"


def test_a_change_is_met_at_the_next_request(box, cyd):
    accounts.change_account(box, cyd.account, AccountChange(status=Status.SUSPENDED))
    with pytest.raises(AccountSuspended):
        door.actor_of(box, cyd.secret)

    change = AccountChange("Cyd's studio", "creator", Status.ACTIVE)
    changed = accounts.change_account(box, cyd.account, change)

    assert (changed.name, changed.plan, changed.status) == ("Cyd's studio", "creator", "active")
    assert door.actor_of(box, cyd.secret).plan == "creator"


def test_what_is_not_said_stays(box, cyd):
    before = accounts.account(box, cyd.account)

    assert accounts.change_account(box, cyd.account, AccountChange()) == before


def test_the_boxs_own_account_is_neither_suspended_nor_closed(box, ada):
    suspend = AccountChange(status=Status.SUSPENDED)
    with pytest.raises(Conflict):
        accounts.change_account(box, ada.account, suspend)
    with pytest.raises(Conflict):
        accounts.close_account(box, ada.account)

    assert door.actor_of(box, ada.secret)
    assert accounts.change_account(box, ada.account, AccountChange(name="Ours")).name == "Ours"


def test_a_closed_account_is_gone_but_for_its_books(box, ada, cyd):
    submit(box, cyd.actor)
    outcome.request_cancel(box, submit(box, ada.actor).id)
    with pytest.raises(Conflict, match="1 unfinished"):
        accounts.close_account(box, cyd.account)
    assert door.actor_of(box, cyd.secret)

    outcome.request_cancel(box, box.db.row("SELECT id FROM job WHERE state = 'pending'")[0])
    accounts.close_account(box, cyd.account)

    with pytest.raises(InvalidKey):
        door.actor_of(box, cyd.secret)
    for reach in (
        lambda: accounts.account(box, cyd.account),
        lambda: accounts.close_account(box, cyd.account),
        lambda: accounts.change_account(box, cyd.account, AccountChange(status=Status.ACTIVE)),
    ):
        with pytest.raises(NotFound):
            reach()
    assert cyd.account not in {each.id for each in accounts.list_accounts(box)}
    assert audit.faults(box.db) == []


def test_accounts_are_listed_newest_first_page_by_page(box, ada, cyd):
    everyone = sorted((ada.account, cyd.account), reverse=True)

    first = accounts.list_accounts(box, limit=1)
    rest = accounts.list_accounts(box, limit=5, cursor=first[0].id)

    assert [each.id for each in (*first, *rest)] == everyone
