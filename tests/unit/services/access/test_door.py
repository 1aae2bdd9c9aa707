from __future__ import annotations

from datetime import timedelta

import pytest

from appliance.core.errors import AccountSuspended, InvalidKey
from appliance.core.jobs import Environment
from appliance.services.access import door, keys
from appliance.services.access.keys import KeyWish

DAY = timedelta(days=1)


def view(box, persona):
    return next(key for key in keys.list_keys(box, persona.account) if key.id == persona.key)


def refused(box, secret):
    with pytest.raises(InvalidKey):
        door.actor_of(box, secret)
    return True


def test_a_key_opens_its_account_with_its_scopes(box, ada):
    assert door.actor_of(box, ada.secret) == ada.actor


def test_a_test_key_moves_the_test_balance(box, ada):
    made = keys.create_key(box, ada.account, KeyWish("t", environment=Environment.TEST))

    assert made.secret.startswith("sa_test_")
    assert door.actor_of(box, made.secret).environment is Environment.TEST


@pytest.mark.parametrize(
    "change", [lambda key: key[:-1] + "x", lambda _: "", lambda _: "sa_live_é"]
)
def test_a_text_that_is_no_key_is_refused(box, ada, change):
    assert refused(box, change(ada.secret))


def test_a_well_formed_key_of_another_box_is_refused(box, ada):
    assert refused(box, keys.signing.new_api_key("live"))


def test_a_revoked_key_stops_at_the_next_request(box, ada, ben):
    assert door.actor_of(box, ada.secret)

    keys.revoke_key(box, ada.account, ada.key)

    assert refused(box, ada.secret)
    assert door.actor_of(box, ben.secret).key == ben.key
    assert view(box, ada).revoked_at == box.clock.now()


def test_last_used_is_written_once_a_minute_at_most(box, ada, clock):
    first = clock.now()
    door.actor_of(box, ada.secret)
    clock.step(seconds=59)
    door.actor_of(box, ada.secret)
    assert view(box, ada).last_used_at == first

    clock.step(seconds=1)
    door.actor_of(box, ada.secret)
    assert view(box, ada).last_used_at == clock.now()


def test_a_refused_key_is_not_marked_as_used(box, ada):
    keys.revoke_key(box, ada.account, ada.key)

    assert refused(box, ada.secret)
    assert view(box, ada).last_used_at is None


def test_a_suspended_accounts_keys_are_told_so(box, ada, cyd):
    with box.db.transaction() as tx:
        tx.run("UPDATE account SET status = 'suspended' WHERE id = ?", (ada.account,))

    with pytest.raises(AccountSuspended):
        door.actor_of(box, ada.secret)
    assert door.actor_of(box, cyd.secret)


def test_a_key_stops_when_its_time_is_over(box, ada, clock):
    made = keys.create_key(box, ada.account, KeyWish("brief", expires_at=clock.now() + DAY))
    clock.step(hours=23, minutes=59)
    assert door.actor_of(box, made.secret)

    clock.step(minutes=1)

    assert refused(box, made.secret)


def test_the_actor_is_found_in_one_query(box, ada):
    door.actor_of(box, ada.secret)
    asked = []
    box.db.peewee.connection().set_trace_callback(asked.append)

    door.actor_of(box, ada.secret)

    box.db.peewee.connection().set_trace_callback(None)
    assert len(asked) == 1
