from __future__ import annotations

import pytest

from appliance.core.scopes import Scope
from appliance.services.access import keys
from appliance.services.access.wishes import KeyWish
from appliance.web.api import accounts
from tests.unit.web.api.small_app import small_app

PATH = "/api/v1/accounts"


def admin_key(box, account) -> dict[str, str]:
    wish = KeyWish("admin", scopes=frozenset(Scope))
    return {"x-api-key": keys.create_key(box, account, wish).secret}


@pytest.fixture
def ask(box, ada):
    """Asks with an admin's key of the box's own account."""
    client = small_app(box, accounts.add)[0].test_client()
    headers = admin_key(box, ada.account)
    return lambda method, path=PATH, **sent: client.open(
        path, method=method, **{"headers": headers} | sent
    )


def test_an_account_is_made_changed_and_closed(ask):
    made = ask("POST", json={"name": "Dora's den"})
    path = f"{PATH}/{made.json['data']['id']}"

    changed = ask("PATCH", path, json={"plan": "free", "status": "suspended"})
    renamed = ask("PUT", path, json={"name": "Dora's studio"})

    assert (made.status_code, made.json["data"]["plan"]) == (201, "enterprise")
    assert (changed.json["data"]["plan"], changed.json["data"]["status"]) == ("free", "suspended")
    assert renamed.json["data"] == ask("GET", path).json["data"]
    assert renamed.json["data"]["name"] == "Dora's studio"
    assert ask("DELETE", path).status_code == 204
    assert ask("GET", path).status_code == 404


def test_accounts_are_listed_page_by_page(ask, ada, cyd):
    first = ask("GET", f"{PATH}?limit=1").json
    rest = ask("GET", f"{PATH}?cursor={first['meta']['next_cursor']}").json

    assert {first["data"][0]["id"], rest["data"][0]["id"]} == {ada.account, cyd.account}
    assert rest["meta"] == {"next_cursor": None}


def test_suspension_is_met_at_the_next_request(ask, cyd):
    ask("PATCH", f"{PATH}/{cyd.account}", json={"status": "suspended"})
    refused = ask("GET", headers={"x-api-key": cyd.secret})

    assert (refused.status_code, refused.json["error"]["code"]) == (403, "FORBIDDEN")
    ask("PATCH", f"{PATH}/{cyd.account}", json={"status": "active"})
    allowed_in = ask("GET", headers={"x-api-key": cyd.secret}).json["error"]["code"]
    assert allowed_in == "INSUFFICIENT_SCOPE"


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x", "plan": "gold"}, "plan"),
        ({"name": "x", "status": "closed"}, "status"),
        ({"name": "x", "credits": 5}, "credits"),
    ],
)
def test_what_cannot_be_is_refused_by_name(ask, cyd, sent, field):
    for method, path in (("POST", PATH), ("PATCH", f"{PATH}/{cyd.account}")):
        reply = ask(method, path, json=sent)
        assert (reply.status_code, reply.json["error"]["field"]) == (422, field)


def test_the_boxs_own_account_stays(ask, ada):
    path = f"{PATH}/{ada.account}"

    for reply in (ask("PATCH", path, json={"status": "suspended"}), ask("DELETE", path)):
        assert (reply.status_code, reply.json["error"]["code"]) == (409, "CONFLICT")


def test_accounts_are_for_admins_of_the_boxs_own_account(ask, box, ada, cyd):
    no_admin, not_ours = {"x-api-key": ada.secret}, admin_key(box, cyd.account)

    for headers, code in ((no_admin, "INSUFFICIENT_SCOPE"), (not_ours, "FORBIDDEN")):
        for method, path in (("GET", PATH), ("POST", PATH), ("DELETE", f"{PATH}/{ada.account}")):
            reply = ask(method, path, headers=headers, json={"name": "x"})
            assert (reply.status_code, reply.json["error"]["code"]) == (403, code)
