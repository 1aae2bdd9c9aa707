from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from peewee import SqliteDatabase
from playhouse.migrations import Runner

from appliance.adapters.database import _MIGRATIONS
from appliance.core.errors import (
    Conflict,
    Forbidden,
    InsufficientScope,
    InvalidInput,
    InvalidKey,
    NotFound,
    ToolNotAllowed,
)
from appliance.core.jobs import Environment
from appliance.core.scopes import DEFAULT_SCOPES, Scope
from appliance.services.access import accounts, door, keys
from appliance.services.access.accounts import AccountChange
from appliance.services.access.keys import KeyStatus, KeyWish

DAY = timedelta(days=1)


def view(box, persona):
    return next(key for key in keys.list_keys(box, persona.account) if key.id == persona.key)


def refused(box, secret):
    with pytest.raises(InvalidKey):
        door.actor_of(box, secret)
    return True


def test_a_key_is_kept_as_its_digest_only(box, ada):
    dump = "\n".join(box.db.peewee.connection().iterdump())

    assert ada.secret not in dump
    assert ada.secret[12:40] not in dump
    assert "sa_live_" in dump


@pytest.mark.parametrize(
    "name", [lambda p: p.key, lambda p: p.actor.key_hint, lambda p: p.secret[:12]]
)
def test_a_key_may_be_named_by_its_id_or_its_beginning(box, ada, ben, name):
    keys.revoke_key(box, ada.account, name(ada))

    assert refused(box, ada.secret)
    assert door.actor_of(box, ben.secret)


@pytest.mark.parametrize("name", ["", "key_nothing", "sa_live_", "%", "…"])
def test_revoking_what_is_not_there_changes_nothing(box, ada, name):
    with pytest.raises(NotFound):
        keys.revoke_key(box, ada.account, name)

    assert door.actor_of(box, ada.secret)


def test_cyd_cannot_revoke_or_rotate_adas_key(box, ada, cyd):
    with pytest.raises(NotFound):
        keys.revoke_key(box, cyd.account, ada.key)
    with pytest.raises(NotFound):
        keys.rotate_key(box, cyd.account, ada.key, overlap=DAY)
    assert door.actor_of(box, ada.secret)


def test_revoking_twice_is_told(box, ada):
    keys.revoke_key(box, ada.account, ada.key)

    with pytest.raises(NotFound):
        keys.revoke_key(box, ada.account, ada.key)


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

    assert door.actor_of(box, made.secret).scopes == maker.scopes


def test_a_key_never_runs_more_tools_than_its_maker(box, ada):
    maker = replace(ada.actor, tools=frozenset({"qr"}))

    made = keys.create_key(box, ada.account, KeyWish("wider"), maker=maker)

    assert door.actor_of(box, made.secret).tools == {"qr"}


def test_a_rotated_key_works_on_for_the_overlap(box, ada, clock):
    made = keys.rotate_key(box, ada.account, ada.key, overlap=DAY)

    assert door.actor_of(box, made.secret).scopes == ada.actor.scopes
    assert door.actor_of(box, ada.secret)
    clock.step(days=1)
    assert refused(box, ada.secret)
    assert door.actor_of(box, made.secret)


def test_a_successor_keeps_name_limits_and_environment(box, ada):
    wish = KeyWish("shop", Environment.TEST, frozenset({Scope.MGMT}), ("qr",), {"calls": 3})
    old = keys.create_key(box, ada.account, wish)
    new = keys.rotate_key(box, ada.account, old.id, overlap=DAY)
    actor = door.actor_of(box, new.secret)

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


def test_a_key_stands_where_its_life_has_brought_it(box, ada, cyd, clock):
    made = keys.create_key(box, cyd.account, KeyWish("brief", expires_at=clock.now() + DAY))
    keys.rotate_key(box, cyd.account, cyd.key, overlap=2 * DAY)
    keys.revoke_key(box, ada.account, ada.key)
    clock.step(days=1)
    now = {key.id: key.status for key in keys.list_keys(box, cyd.account)}

    assert view(box, ada).status is KeyStatus.REVOKED
    assert (now.pop(made.id), now.pop(cyd.key)) == (KeyStatus.EXPIRED, KeyStatus.ROTATING)
    assert [*now.values()] == [KeyStatus.ACTIVE]
    clock.step(days=1)
    assert view(box, cyd).status is KeyStatus.EXPIRED


@pytest.mark.parametrize("late", [0, -1])
def test_a_key_that_would_have_expired_is_not_made(box, ada, clock, late):
    with pytest.raises(InvalidInput, match="ahead") as caught:
        keys.create_key(box, ada.account, KeyWish("x", expires_at=clock.now() + late * DAY))
    assert caught.value.field == "expiresAt"


def test_a_key_made_by_a_key_ends_with_it_and_is_of_its_kind(box, ada, clock):
    wish = KeyWish("brief", Environment.TEST, expires_at=clock.now() + DAY)
    brief = door.actor_of(box, keys.create_key(box, ada.account, wish).secret)

    made = keys.create_key(box, ada.account, KeyWish("child"), maker=brief)

    assert door.actor_of(box, made.secret).environment is Environment.TEST
    clock.step(days=1)
    assert refused(box, made.secret)


@pytest.mark.parametrize(
    "narrow",
    [
        {"environment": Environment.TEST},
        {"tools": ("qr",)},
        {"scopes": frozenset({Scope.MGMT})},
        {"quota": {"calls": 5}},
        {"limits": {"generation": "1 per 1 hour"}},
    ],
)
def test_a_narrow_key_rotates_itself_but_no_wider_one(box, ada, narrow):
    old = keys.create_key(box, ada.account, KeyWish("narrow", **narrow))
    maker = door.actor_of(box, old.secret)

    with pytest.raises((Forbidden, InsufficientScope, ToolNotAllowed)):
        keys.rotate_key(box, ada.account, ada.key, overlap=DAY, maker=maker)
    new = keys.rotate_key(box, ada.account, old.id, overlap=DAY, maker=maker)

    assert door.actor_of(box, new.secret) == replace(
        maker, key=new.id, key_hint=new.secret[:12] + "…"
    )


def test_a_plan_without_keys_by_api_lets_the_admin_make_them(box, cyd):
    accounts.change_account(box, cyd.account, AccountChange(plan="creator"))
    maker = door.actor_of(box, cyd.secret)

    with pytest.raises(Forbidden):
        keys.create_key(box, cyd.account, KeyWish("x"), maker=maker)
    with pytest.raises(Forbidden):
        keys.rotate_key(box, cyd.account, cyd.key, overlap=DAY, maker=maker)
    keys.create_key(box, cyd.account, KeyWish("x"))
    keys.revoke_key(box, cyd.account, cyd.key)


def test_keys_are_listed_page_by_page(box, ada, ben):
    first = keys.list_keys(box, ada.account, limit=1)
    rest = keys.list_keys(box, ada.account, limit=5, cursor=first[0].id)

    assert {key.id for key in (*first, *rest)} == {ada.key, ben.key}
    assert len(rest) == 1


def test_rotations_made_before_they_had_a_lineage_are_put_in_line(tmp_path):
    db = SqliteDatabase(str(tmp_path / "old.db"))
    runner = Runner(db, str(_MIGRATIONS))
    runner.up("0001_spine")
    db.execute_sql("INSERT INTO account VALUES ('a', 'A', 'free', 'active', 0, 0, 0)")
    for key, successor in (("one", "two"), ("two", "three"), ("three", None), ("other", None)):
        db.execute_sql(
            "INSERT INTO api_key(id, account, name, hint, digest, environment, scopes,"
            " replaced_by, created_at) VALUES (?, 'a', '', '', ?, 'live', '[]', ?, 0)",
            (key, key.encode(), successor),
        )

    runner.up()

    found = dict(db.execute_sql("SELECT id, lineage FROM api_key").fetchall())
    assert found == {"one": "one", "two": "one", "three": "one", "other": "other"}
    db.close()
