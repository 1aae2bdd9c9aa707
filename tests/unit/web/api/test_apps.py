from __future__ import annotations

import pytest

from appliance.core.scopes import Scope
from appliance.services.access import keys
from appliance.services.access.wishes import KeyWish
from appliance.web.api import apps
from tests.unit.web.api.small_app import small_app

PATH = "/api/v1/apps"


@pytest.fixture
def ask(box, ada):
    """Asks with an admin's key of Ada's."""
    wish = KeyWish("admin", scopes=frozenset(Scope))
    headers = {"x-api-key": keys.create_key(box, ada.account, wish).secret}
    client = small_app(box, apps.add)[0].test_client()
    return lambda method, path=PATH, **sent: client.open(
        path, method=method, **{"headers": headers} | sent
    )


def test_an_app_is_made_changed_and_deleted(ask, box, ada):
    made = ask("POST", json={"name": "shop", "limits": {"concurrent_jobs": 2}})
    path = f"{PATH}/{made.json['data']['id']}"
    keys.create_key(box, ada.account, KeyWish("till", app=made.json["data"]["id"]))

    changed = ask("PATCH", path, json={"quota": {"calls": 5}})
    cleared = ask("PUT", path, json={"limits": None, "name": "kiosk"})

    assert made.status_code == 201
    assert (changed.json["data"]["limits"], changed.json["data"]["quota"]) == (
        *({"concurrent_jobs": 2}, {"calls": 5}),
    )
    assert cleared.json["data"] == ask("GET", path).json["data"]
    assert (cleared.json["data"]["limits"], cleared.json["data"]["keys"]) == ({}, 1)
    assert [app["name"] for app in ask("GET").json["data"]] == ["kiosk"]
    assert ask("DELETE", path).status_code == 204
    assert ask("GET", path).status_code == 404


def test_a_form_may_say_what_json_says(ask):
    made = ask("POST", data={"name": "shop", "quota": '{"usd": "10"}'})

    assert made.json["data"]["quota"] == {"usd": "10"}


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x", "limits": []}, "limits"),
        ({"name": "x", "limits": "none"}, "limits"),
        ({"name": "x", "limits": {"everything": 1}}, "limits"),
        ({"name": "x", "quota": {"calls": "many"}}, "quota"),
        ({"name": "x", "colour": "red"}, "colour"),
    ],
)
def test_what_cannot_be_is_refused_by_name(ask, sent, field):
    reply = ask("POST", json=sent)

    assert (reply.status_code, reply.json["error"]["field"]) == (422, field)
    assert ask("GET").json["data"] == []


def test_apps_are_the_admins_and_each_accounts_own(ask, box, ada, cyd):
    made = ask("POST", json={"name": "shop"}).json["data"]
    wish = KeyWish("admin", scopes=frozenset(Scope))
    stranger = {"x-api-key": keys.create_key(box, cyd.account, wish).secret}

    assert ask("GET", headers={"x-api-key": ada.secret}).status_code == 403
    assert ask("GET", headers=stranger).json["data"] == []
    for method in ("GET", "PATCH", "PUT", "DELETE"):
        sent = {"json": {}} if method in ("PATCH", "PUT") else {}
        reply = ask(method, f"{PATH}/{made['id']}", headers=stranger, **sent)
        assert reply.status_code == 404
