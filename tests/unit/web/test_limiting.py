from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from appliance.adapters.config import SettingsError
from appliance.core.clock import SYSTEM_CLOCK
from appliance.services.access import accounts, apps, keys
from appliance.services.access.accounts import AccountChange, Status
from appliance.services.access.apps import AppWish
from appliance.services.access.wishes import KeyWish
from appliance.web.api import events, jobs
from appliance.web.limiting import Limiter, rate_class, show_rates
from tests.support.box import alive, completed, make_box, opened_box
from tests.support.personas import move_in, open_account
from tests.unit.web.api.small_app import small_app

JOBS = "/api/v1/jobs"
SETTINGS = {
    "rates__management": "3 per 1 minute",
    "rates__account_factor": 2.0,
    "rates__address": "4 per 1 minute",
    "plans__wide__limits__management": "5 per 1 minute",
}


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("POST", "/api/v1/generate", "generation"),
        ("POST", "/api/v1/enhance", "generation"),
        ("POST", "/api/v1/image/generate", "generation"),
        ("POST", "/api/v1/operations/tools.qr", "generation"),
        ("POST", "/api/v1/process", "product"),
        ("POST", "/api/v1/upscale", "product"),
        ("POST", "/api/v1/jobs", "product"),
        ("GET", "/api/v1/jobs/1", "management"),
        ("HEAD", "/api/v1/jobs/1", "management"),
        ("DELETE", "/api/v1/jobs/1", "management"),
        ("POST", "/api/v1/estimate", "management"),
        ("POST", "/api/v1/uploads", "management"),
        ("POST", "/api/v1/ping", "management"),
        ("GET", "/api/v1/balance", "management"),
        ("POST", "/api/v1/tools/qr", "management"),
        ("POST", "/api/v1/webhooks", "webhooks"),
        ("POST", "/api/generate/image", "studio_generate"),
        ("GET", "/api/jobs", "studio_read"),
        ("POST", "/api/upload/image", "studio_upload"),
        ("DELETE", "/api/keys/1", "studio_delete"),
        ("POST", "/api/keys", "studio_write"),
        ("PATCH", "/api/settings", "studio_write"),
        ("POST", "/api/voice-agent/calls/outbound", "studio_calls"),
        ("POST", "/api/v1/pipelines", "generation"),
        ("POST", "/api/v1/director/generate", "generation"),
        ("POST", "/api/v1/batch", "product"),
        ("POST", "/api/v1/accounts", "management"),
        ("PATCH", "/api/v1/apps/1", "management"),
    ],
)
def test_a_request_counts_in_the_class_the_contract_gives_it(method, path, name):
    assert rate_class(method, path) == name


@pytest.fixture
def small(tmp_path, clock):
    """A box with small windows, and a client that asks for its jobs."""
    with opened_box(tmp_path, clock=clock, **SETTINGS) as box:
        alive(box)
        app, _ = small_app(box, _jobs_and_events)
        show_rates(app, app.extensions["limiter"])
        yield box, _asker(app)


def _jobs_and_events(blueprint, desk) -> None:
    jobs.add(blueprint, desk)
    events.add(blueprint, desk)


def _asker(app: Flask):
    client = app.test_client()

    def ask(secret: str, path: str = JOBS):
        return client.get(path, headers={"x-api-key": secret})

    return ask


def statuses(ask, *secrets: str) -> list[int]:
    return [ask(secret).status_code for secret in secrets]


def test_a_keys_window_takes_so_many_and_says_when_there_is_room_again(small, clock):
    box, ask = small
    ada = move_in(box).ada.secret

    replies = [ask(ada) for _ in range(4)]
    over = replies[-1]

    assert [each.status_code for each in replies] == [200, 200, 200, 429]
    assert [each.headers["X-RateLimit-Remaining"] for each in replies] == ["2", "1", "0", "0"]
    assert over.headers["X-RateLimit-Limit"] == "3"
    assert float(over.headers["X-RateLimit-Reset"]) >= clock.now().timestamp() + 60
    assert over.headers["RateLimit-Policy"] == '"management";q=3;w=60'
    assert over.headers["RateLimit"] == '"management";r=0;t=60'
    assert over.headers["Retry-After"] == "60"
    assert over.json["error"]["details"]["limit"] == {"limit": 3, "window_seconds": 60}
    clock.step(seconds=60.001)
    assert statuses(ask, ada) == [200]


def test_an_accounts_keys_share_a_wider_window(small):
    box, ask = small
    cast = move_in(box)
    third = keys.create_key(box, cast.ada.account, KeyWish("third")).secret

    assert statuses(ask, *[cast.ada.secret] * 3, *[cast.ben.secret] * 3) == [200] * 6
    assert statuses(ask, third, cast.cyd.secret) == [429, 200]


def test_a_rotated_key_shares_its_window_with_its_successor(small):
    box, ask = small
    ada = move_in(box).ada
    new = keys.rotate_key(box, ada.account, ada.key, overlap=timedelta(hours=1)).secret

    assert statuses(ask, ada.secret, new, ada.secret, new) == [200, 200, 200, 429]


def test_a_keys_own_limit_only_tightens(small):
    box, ask = small
    account = open_account(box, "Dora's den")
    tight, loose = (
        keys.create_key(box, account, KeyWish(rate, limits={"management": rate})).secret
        for rate in ("1 per 1 minute", "9 per 1 minute")
    )

    assert statuses(ask, tight, tight) == [200, 429]
    assert ask(tight).headers["X-RateLimit-Limit"] == "1"
    assert statuses(ask, *[loose] * 4) == [200, 200, 200, 429]


def test_an_apps_limit_is_for_all_its_keys_together(small):
    box, ask = small
    account = open_account(box, "Dora's den")
    app = apps.create_app(box, account, AppWish("shop", {"management": "2 per 1 minute"}))
    one, two = (keys.create_key(box, account, KeyWish(n, app=app.id)).secret for n in "ab")
    free = keys.create_key(box, account, KeyWish("free")).secret

    assert statuses(ask, one, two, one, free) == [200, 200, 429, 200]


def test_a_plan_has_rates_of_its_own(small):
    box, ask = small
    cyd = move_in(box).cyd
    accounts.change_account(box, cyd.account, AccountChange(plan="wide"))

    assert statuses(ask, *[cyd.secret] * 6) == [200] * 5 + [429]


def test_who_has_no_valid_key_counts_by_address_and_a_key_does_not(small):
    box, ask = small
    cast = move_in(box)
    accounts.change_account(box, cast.cyd.account, AccountChange(status=Status.SUSPENDED))

    refused = [ask(secret) for secret in ("", "nonsense", cast.cyd.secret, "", "")]

    assert [each.status_code for each in refused] == [401, 401, 403, 401, 429]
    assert refused[1].headers["X-RateLimit-Remaining"] == "2"
    assert statuses(ask, cast.ada.secret) == [200]


def test_a_stream_counts_once(small):
    box, ask = small
    ada = move_in(box).ada
    job = completed(box, ada.actor)

    stream = ask(ada.secret, f"{JOBS}/{job.id}/events")

    assert stream.mimetype == "text/event-stream"
    assert "completed" in stream.text
    assert stream.headers["X-RateLimit-Remaining"] == "2"
    assert ask(ada.secret).headers["X-RateLimit-Remaining"] == "1"


@pytest.mark.parametrize("name", ["generation", "address"])
def test_a_rate_that_cannot_be_stops_the_start_and_is_named(tmp_path, name):
    says = rf"\[rates\] {name} must be a rate"
    with (
        opened_box(tmp_path, **{f"rates__{name}": "often"}) as box,
        pytest.raises(SettingsError, match=says),
    ):
        Limiter(box.settings, SYSTEM_CLOCK)


def test_a_plans_rate_that_cannot_be_is_named_where_it_stands(tmp_path):
    with pytest.raises(SettingsError, match="PLANS__FREE__LIMITS__GENERATION"):
        make_box(tmp_path, plans__free__limits__generation="often")
