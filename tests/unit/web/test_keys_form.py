from __future__ import annotations

from datetime import UTC, datetime

import pytest

from appliance.core.errors import InvalidInput
from appliance.core.jobs import Environment
from appliance.core.scopes import Scope
from appliance.services.access import keys
from appliance.services.access.keys import KeyWish
from appliance.web.body import Body
from appliance.web.keys_form import shown
from appliance.web.keys_form import wish_of as wish_of_body


def wish_of(values, *, lenient=False):
    return wish_of_body(Body(values, lenient))


def test_a_name_is_enough():
    assert wish_of({"name": "shop"}) == KeyWish("shop")


def test_everything_may_be_said():
    wish = wish_of(
        {
            "name": "shop",
            "scopes": ["mgmt"],
            "tools": ["qr"],
            "environment": "test",
            "quota": {"calls": 5, "usd": "1.5"},
            "expiresAt": "2027-01-01T00:00:00Z",
            "app": "app_1",
            "limits": {"generation": "20 per 1 minute", "concurrent_jobs": 2},
        }
    )

    assert wish == KeyWish(
        *("shop", Environment.TEST, frozenset({Scope.MGMT}), ("qr",), {"calls": 5, "usd": "1.5"}),
        datetime(2027, 1, 1, tzinfo=UTC),
        "app_1",
        {"generation": "20 per 1 minute", "concurrent_jobs": 2},
    )


def test_texts_of_a_form_hold_lists_and_json():
    sent = {"name": "shop", "scopes": "mgmt,voice", "tools": ["qr"], "quota": '{"calls": 5}'}

    wish = wish_of(sent, lenient=True)

    assert (wish.scopes, wish.tools) == (frozenset({Scope.MGMT, Scope.VOICE}), ("qr",))
    assert wish.quota == {"calls": 5}


@pytest.mark.parametrize("text", ["{", "[" * 99_999, "NaN", "5"])
def test_json_of_a_form_that_cannot_be_is_refused(text):
    with pytest.raises(InvalidInput):
        wish_of({"name": "shop", "limits": text}, lenient=True)


def test_tools_may_be_named_by_their_aliases():
    assert wish_of({"name": "x", "tools": ["crear-qr", "qr", "other"]}).tools == ("qr", "other")


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        *(("name", bad) for bad in (None, "", "x" * 101, 5, ["a"], "\ud800")),
        *(("scopes", bad) for bad in ("mgmt", [], ["all"], [5], [["mgmt"]], {})),
        *(("tools", bad) for bad in ("qr", ["QR"], [""], [5], {"qr": 1})),
        *(("environment", bad) for bad in ("prod", [], 5)),
        *(("quota", bad) for bad in ({}, {"all": 1}, [], "10", {"calls": -1}, {"calls": True})),
        *(("quota", bad) for bad in ({"calls": 1.5}, {"usd": 10}, {"usd": "ten"})),
        *(("expiresAt", bad) for bad in ("tomorrow", 5, "2027-01-01T00:00:00", "")),
        *(("expiresAt", bad) for bad in ("9999-12-31T23:59:59-12:00", [])),
        *(("limits", bad) for bad in ([], {"all": 1}, {"generation": 5})),
        *(("app", bad) for bad in (5, [], "\u00e9", "\x00")),
        *(("colour", bad) for bad in ("red",)),
    ],
)
def test_what_cannot_be_is_refused_by_name(field, bad):
    with pytest.raises(InvalidInput) as caught:
        wish_of({"name": "shop", field: bad})
    assert caught.value.field == field


def test_a_key_is_shown_without_its_secret(box, ada):
    (view,) = (key for key in keys.list_keys(box, ada.account) if key.id == ada.key)
    told = shown(view)

    assert told["key"] == ada.actor.key_hint
    assert ada.secret not in str(told)
    assert (told["status"], told["tools"], told["quota"]) == ("active", None, {})
    keys.revoke_key(box, ada.account, ada.key)
    assert shown(next(k for k in keys.list_keys(box, ada.account) if k.revoked_at))["status"] == (
        "revoked"
    )
