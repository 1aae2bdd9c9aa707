from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from appliance.core.errors import Forbidden, InsufficientScope, ToolNotAllowed
from appliance.core.jobs import AppTerms, Environment
from appliance.core.scopes import DEFAULT_SCOPES, Scope
from appliance.services.access.wishes import KeyWish, check_within, granted

APP = AppTerms("app_1", {}, {})
TEST, LIVE = Environment.TEST, Environment.LIVE


def test_without_a_maker_a_key_is_live_and_has_every_scope_but_admin():
    wish = granted(KeyWish("x"), None)

    assert (wish.environment, wish.scopes) == (LIVE, DEFAULT_SCOPES)
    assert (wish.tools, wish.app, wish.expires_at) == (None, None, None)


def test_what_is_left_open_is_the_makers(ada, clock):
    maker = replace(
        ada.actor,
        environment=TEST,
        scopes=frozenset({Scope.MGMT, Scope.ADMIN}),
        tools=frozenset({"qr"}),
        app=APP,
    )
    ends = clock.now() + timedelta(days=1)

    wish = granted(KeyWish("x"), maker, ends)

    assert (wish.environment, wish.scopes) == (TEST, frozenset({Scope.MGMT}))
    assert (wish.tools, wish.app, wish.expires_at) == (("qr",), "app_1", ends)


@pytest.mark.parametrize(
    ("maker", "wish", "error"),
    [
        ({"scopes": {Scope.MGMT}}, {"scopes": {Scope.MGMT, Scope.VOICE}}, InsufficientScope),
        ({"tools": {"qr"}}, {"tools": ("qr", "image-convert")}, ToolNotAllowed),
        ({"environment": TEST}, {"environment": LIVE}, Forbidden),
        ({"app": APP}, {"app": "app_2"}, Forbidden),
        ({"quota": {"calls": 100}}, {}, Forbidden),
        ({"limits": {"concurrent_jobs": 1}}, {}, Forbidden),
    ],
)
def test_a_key_never_gives_what_it_lacks(ada, maker, wish, error):
    sets = {name: frozenset(each) if type(each) is set else each for name, each in maker.items()}

    with pytest.raises(error):
        granted(KeyWish("x", **wish), replace(ada.actor, **sets))


def test_a_key_does_not_make_one_that_outlives_it(ada, clock):
    ends = clock.now() + timedelta(days=1)

    with pytest.raises(Forbidden, match="outlives"):
        granted(KeyWish("x", expires_at=ends + timedelta(seconds=1)), ada.actor, ends)
    assert granted(KeyWish("x", expires_at=ends), ada.actor, ends).expires_at == ends


@pytest.mark.parametrize(
    ("maker", "error"),
    [({"tools": frozenset({"qr"})}, ToolNotAllowed), ({"app": APP}, Forbidden)],
)
def test_a_finished_wish_with_nothing_said_is_more_than_a_narrow_maker_has(ada, maker, error):
    wish = KeyWish("x", LIVE, DEFAULT_SCOPES)

    with pytest.raises(error):
        check_within(wish, replace(ada.actor, **maker), None)
    check_within(wish, ada.actor, None)


def test_a_live_key_may_make_test_keys(ada):
    assert granted(KeyWish("x", TEST), ada.actor).environment is TEST
