from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from appliance.core.jobs import AppTerms
from appliance.services.access import apps, door, keys
from appliance.services.access.apps import AppWish
from appliance.services.access.wishes import KeyWish
from appliance.services.pots import pots


def keys_of(box, pot):
    return {row[0] for row in box.db.rows(pot.keys, (pot.id,))}


def test_a_keys_pot_holds_what_it_replaced(box, ada):
    made = keys.rotate_key(box, ada.account, ada.key, overlap=timedelta(hours=1))
    actor = door.actor_of(box, made.secret)

    (pot,) = pots(actor)

    assert pot.word == "key"
    assert keys_of(box, pot) == {ada.key, made.id}


def test_an_apps_pot_holds_all_its_keys(box, ada):
    app = apps.create_app(box, ada.account, AppWish("shop", {"concurrent_jobs": 2}, {"calls": 5}))
    made = [keys.create_key(box, ada.account, KeyWish(n, app=app.id)) for n in ("one", "two")]
    actor = door.actor_of(box, made[0].secret)

    own, shared = pots(actor)

    assert keys_of(box, own) == {made[0].id}
    assert (shared.word, shared.limits, shared.quota) == (
        *("app", {"concurrent_jobs": 2}, {"calls": 5}),
    )
    assert keys_of(box, shared) == {made[0].id, made[1].id}


def test_the_operator_counts_in_nothing(box, root):
    (pot,) = pots(root)

    assert keys_of(box, pot) == set()


def test_a_pot_brings_the_limits_of_whose_it_is(ada):
    app = AppTerms("app_1", {"tools_an_hour": 3}, {})
    actor = replace(ada.actor, limits={"concurrent_jobs": 1}, quota={"usd": "1"}, app=app)

    own, shared = pots(actor)

    assert (own.limits, own.quota) == ({"concurrent_jobs": 1}, {"usd": "1"})
    assert (shared.id, shared.limits, shared.quota) == ("app_1", {"tools_an_hour": 3}, {})
