from __future__ import annotations

import pytest

from appliance.core.errors import InvalidKey, NotFound
from appliance.services.access import apps, door, keys
from appliance.services.access.apps import AppChange, AppWish
from appliance.services.access.wishes import KeyWish

WISH = AppWish("shop", {"generation": "5 per 1 minute"}, {"calls": 10})


@pytest.fixture
def shop(box, ada):
    return apps.create_app(box, ada.account, WISH)


def test_an_app_is_as_it_was_wished(box, ada, shop, clock):
    assert (shop.name, shop.limits, shop.quota) == (WISH.name, WISH.limits, WISH.quota)
    assert (shop.keys, shop.created_at) == (0, clock.now())
    assert apps.find_app(box, ada.account, shop.id) == shop


def test_a_key_brings_what_its_app_allows(box, ada, shop):
    made = keys.create_key(box, ada.account, KeyWish("till", app=shop.id))
    actor = door.actor_of(box, made.secret)

    assert (actor.app.id, actor.app.limits, actor.app.quota) == (shop.id, WISH.limits, WISH.quota)
    assert apps.find_app(box, ada.account, shop.id).keys == 1


def test_a_change_is_met_at_the_next_request(box, ada, shop):
    made = keys.create_key(box, ada.account, KeyWish("till", app=shop.id))

    changed = apps.change_app(box, ada.account, shop.id, AppChange("kiosk", quota={}))

    assert (changed.name, changed.limits, changed.quota) == ("kiosk", WISH.limits, {})
    assert door.actor_of(box, made.secret).app.quota == {}


def test_a_deleted_app_takes_its_keys_along(box, ada, shop):
    made = keys.create_key(box, ada.account, KeyWish("till", app=shop.id))

    apps.delete_app(box, ada.account, shop.id)

    with pytest.raises(InvalidKey):
        door.actor_of(box, made.secret)
    assert door.actor_of(box, ada.secret)
    assert apps.list_apps(box, ada.account) == []


def test_cyd_reaches_none_of_adas_apps(box, cyd, shop):
    for reach in (
        lambda: apps.find_app(box, cyd.account, shop.id),
        lambda: apps.change_app(box, cyd.account, shop.id, AppChange("mine")),
        lambda: apps.delete_app(box, cyd.account, shop.id),
        lambda: keys.create_key(box, cyd.account, KeyWish("x", app=shop.id)),
    ):
        with pytest.raises(NotFound):
            reach()
    assert apps.list_apps(box, cyd.account) == []


def test_apps_are_listed_newest_first_page_by_page(box, ada):
    made = sorted(apps.create_app(box, ada.account, AppWish(f"app {n}")).id for n in range(3))

    first = apps.list_apps(box, ada.account, limit=2)
    rest = apps.list_apps(box, ada.account, limit=2, cursor=first[-1].id)

    assert [app.id for app in (*first, *rest)] == made[::-1]
