from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from appliance.core.errors import (
    AccountSuspended,
    Conflict,
    InsufficientScope,
    InvalidInput,
    InvalidKey,
    NotFound,
)
from appliance.core.jobs import Environment
from appliance.core.scopes import DEFAULT_SCOPES, Scope
from appliance.services.access import keys
from appliance.services.access.keys import KeyWish

DAY = timedelta(days=1)


def view(box, persona):
    return next(key for key in keys.list_keys(box, persona.account) if key.id == persona.key)


def refused(box, secret):
    with pytest.raises(InvalidKey):
        keys.actor_of(box, secret)
    return True


def test_a_key_opens_its_account_with_its_scopes(box, ada):
    assert keys.actor_of(box, ada.secret) == ada.actor


def test_a_test_key_moves_the_test_balance(box, ada):
    made = keys.create_key(box, ada.account, KeyWish("t", environment=Environment.TEST))

    assert made.secret.startswith("sa_test_")
    assert keys.actor_of(box, made.secret).environment is Environment.TEST


def test_a_key_is_kept_as_its_digest_only(box, ada):
    dump = "\n".join(box.db.peewee.connection().iterdump())

    assert ada.secret not in dump
    assert ada.secret[12:40] not in dump
    assert "sa_live_" in dump


@pytest.mark.parametrize(
    "change", [lambda key: key[:-1] + "x", lambda _: "", lambda _: "sa_live_é"]
)
def test_a_text_that_is_no_key_is_refused(box, ada, change):
    assert refused(box, change(ada.secret))


def test_a_well_formed_key_of_another_box_is_refused(box, ada):
    assert refused(box, keys.signing.new_api_key("live"))


def test_a_revoked_key_stops_at_the_next_request(box, ada, ben):
    assert keys.actor_of(box, ada.secret)

    keys.revoke_key(box, ada.account, ada.key)

    assert refused(box, ada.secret)
    assert keys.actor_of(box, ben.secret).key == ben.key
    assert view(box, ada).revoked_at == box.clock.now()


@pytest.mark.parametrize(
    "name", [lambda p: p.key, lambda p: p.actor.key_hint, lambda p: p.secret[:12]]
)
def test_a_key_may_be_named_by_its_id_or_its_beginning(box, ada, ben, name):
    keys.revoke_key(box, ada.account, name(ada))

    assert refused(box, ada.secret)
    assert keys.actor_of(box, ben.secret)


@pytest.mark.parametrize("name", ["", "key_nothing", "sa_live_", "%", "…"])
def test_revoking_what_is_not_there_changes_nothing(box, ada, name):
    with pytest.raises(NotFound):
        keys.revoke_key(box, ada.account, name)

    assert keys.actor_of(box, ada.secret)


def test_cyd_cannot_revoke_or_rotate_adas_key(box, ada, cyd):
    with pytest.raises(NotFound):
        keys.revoke_key(box, cyd.account, ada.key)
    with pytest.raises(NotFound):
        keys.rotate_key(box, cyd.account, ada.key, overlap=DAY)
    assert keys.actor_of(box, ada.secret)


def test_revoking_twice_is_told(box, ada):
    keys.revoke_key(box, ada.account, ada.key)

    with pytest.raises(NotFound):
        keys.revoke_key(box, ada.account, ada.key)


def test_last_used_is_written_once_a_minute_at_most(box, ada, clock):
    first = clock.now()
    keys.actor_of(box, ada.secret)
    clock.step(seconds=59)
    keys.actor_of(box, ada.secret)
    assert view(box, ada).last_used_at == first

    clock.step(seconds=1)
    keys.actor_of(box, ada.secret)
    assert view(box, ada).last_used_at == clock.now()


def test_a_refused_key_is_not_marked_as_used(box, ada):
    keys.revoke_key(box, ada.account, ada.key)

    assert refused(box, ada.secret)
    assert view(box, ada).last_used_at is None


def test_a_suspended_accounts_keys_are_told_so(box, ada, cyd):
    with box.db.transaction() as tx:
        tx.run("UPDATE account SET status = 'suspended' WHERE id = ?", (ada.account,))

    with pytest.raises(AccountSuspended):
        keys.actor_of(box, ada.secret)
    assert keys.actor_of(box, cyd.secret)


def test_a_key_stops_when_its_time_is_over(box, ada, clock):
    made = keys.create_key(box, ada.account, KeyWish("brief", expires_at=clock.now() + DAY))
    clock.step(hours=23, minutes=59)
    assert keys.actor_of(box, made.secret)

    clock.step(minutes=1)

    assert refused(box, made.secret)


def test_an_account_has_five_active_keys_at_most(box, cyd):
    four = [keys.create_key(box, cyd.account, KeyWish(f"key {n}")) for n in range(4)]

    with pytest.raises(InvalidInput, match="at most 5"):
        keys.create_key(box, cyd.account, KeyWish("sixth"))
    keys.revoke_key(box, cyd.account, four[0].id)
    keys.create_key(box, cyd.account, KeyWish("again"))


def test_keys_are_listed_newest_first_and_of_the_own_account_only(box, ada, ben, cyd, clock):
    clock.step(seconds=1)
    made = keys.create_key(box, ada.account, KeyWish("third", scopes=frozenset({Scope.MGMT})))
    listed = keys.list_keys(box, ada.account)

    assert listed[0].id == made.id
    assert {key.name for key in listed} == {"ada", "ben", "third"}
    assert listed[0].scopes == {Scope.MGMT}
    assert listed[0].hint == made.secret[:12] + "…"


def test_a_key_has_every_scope_but_admin_unless_told_otherwise(box, ada):
    assert view(box, ada).scopes == DEFAULT_SCOPES


def test_a_key_never_has_more_scopes_than_its_maker(box, ada):
    maker = replace(ada.actor, scopes=frozenset({Scope.MGMT, Scope.TOOLS_RUN}))

    made = keys.create_key(box, ada.account, KeyWish("less"), maker=maker)
    with pytest.raises(InsufficientScope):
        keys.create_key(
            box, ada.account, KeyWish("more", scopes=frozenset({Scope.ADMIN})), maker=maker
        )

    assert keys.actor_of(box, made.secret).scopes == maker.scopes


def test_a_key_never_runs_more_tools_than_its_maker(box, ada):
    maker = replace(ada.actor, tools=frozenset({"qr"}))

    made = keys.create_key(box, ada.account, KeyWish("wider"), maker=maker)

    assert keys.actor_of(box, made.secret).tools == {"qr"}


def test_a_rotated_key_works_on_for_the_overlap(box, ada, clock):
    made = keys.rotate_key(box, ada.account, ada.key, overlap=DAY)

    assert keys.actor_of(box, made.secret).scopes == ada.actor.scopes
    assert keys.actor_of(box, ada.secret)
    clock.step(days=1)
    assert refused(box, ada.secret)
    assert keys.actor_of(box, made.secret)


def test_a_successor_keeps_name_limits_and_environment(box, ada):
    wish = KeyWish("shop", Environment.TEST, frozenset({Scope.MGMT}), ("qr",), {"calls": 3})
    old = keys.create_key(box, ada.account, wish)
    new = keys.rotate_key(box, ada.account, old.id, overlap=DAY)
    actor = keys.actor_of(box, new.secret)

    assert new.name == "shop"
    assert (actor.environment, actor.scopes) == (Environment.TEST, frozenset({Scope.MGMT}))
    assert (actor.tools, actor.quota) == (frozenset({"qr"}), {"calls": 3})


def test_a_key_being_rotated_out_counts_no_more_and_is_not_rotated_again(box, cyd):
    for n in range(4):
        keys.create_key(box, cyd.account, KeyWish(f"key {n}"))
    keys.rotate_key(box, cyd.account, cyd.key, overlap=DAY)

    with pytest.raises(Conflict):
        keys.rotate_key(box, cyd.account, cyd.key, overlap=DAY)
    assert sum(key.expires_at is None for key in keys.list_keys(box, cyd.account)) == 5


def test_a_key_that_has_expired_is_not_brought_back_by_rotating_it(box, ada, clock):
    old = keys.create_key(box, ada.account, KeyWish("brief", expires_at=clock.now() + DAY))
    clock.step(days=2)

    with pytest.raises(NotFound):
        keys.rotate_key(box, ada.account, old.id, overlap=DAY)


def test_a_key_made_for_a_time_does_not_outlive_it_by_rotation(box, ada, clock):
    end = clock.now() + 2 * DAY
    old = keys.create_key(box, ada.account, KeyWish("brief", expires_at=end))
    new = keys.rotate_key(box, ada.account, old.id, overlap=DAY)

    clock.step(days=2)

    assert refused(box, new.secret)
