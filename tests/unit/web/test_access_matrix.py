"""Who may not: every cell of access in the contract's matrix, asked of each family over HTTP."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from PIL import Image

from appliance.core.abilities.text_to_image import TEXT_TO_IMAGE
from appliance.core.ids import AccountId, new_id
from appliance.core.limits import CLASSES
from appliance.core.scopes import Scope
from appliance.operations import discover
from appliance.operations.tools.qr import Params as Qr
from appliance.services.access import accounts, apps, keys
from appliance.services.access.accounts import AccountChange, Status
from appliance.services.access.apps import AppWish
from appliance.services.access.door import actor_of
from appliance.services.access.wishes import KeyWish
from appliance.services.box import Box
from appliance.web.app import create_app
from tests.support.box import alive, opened_box, put_model, submit
from tests.support.clock import FrozenClock
from tests.support.personas import open_account

HOUR = timedelta(hours=1)


def photo() -> str:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64), "white").save(buffer, "png")
    return base64.b64encode(buffer.getvalue()).decode()


ASKED = {
    "jobs": ("/api/v1/generate", {"prompt": "a kettle"}),
    "wallet": ("/api/v1/image/generate", {"prompt": "a kettle", "model": "nano-banana-2"}),
    "tools": ("/api/v1/tools/qr", {"text": "hello"}),
    "product": ("/api/v1/process", {"image_base64": photo()}),
    "studio": ("/api/generate/image", {"prompt": "a kettle"}),
}
# status, then the codes of jobs and product, of wallet and tools, of studio.
CELLS = {
    "no key": (401, "UNAUTHORIZED", "missing_api_key", "UNAUTHORIZED"),
    "a text": (401, "UNAUTHORIZED", "invalid_api_key", "UNAUTHORIZED"),
    "revoked": (401, "UNAUTHORIZED", "invalid_api_key", "UNAUTHORIZED"),
    "expired": (401, "UNAUTHORIZED", "invalid_api_key", "UNAUTHORIZED"),
    "rotated out": (401, "UNAUTHORIZED", "invalid_api_key", "UNAUTHORIZED"),
    "closed": (401, "UNAUTHORIZED", "invalid_api_key", "UNAUTHORIZED"),
    "suspended": (403, "FORBIDDEN", "account_suspended", "FORBIDDEN"),
    "scope": (403, "INSUFFICIENT_SCOPE", "scope_not_allowed", "FORBIDDEN"),
    "plan": (403, "FORBIDDEN", "scope_not_allowed", "FORBIDDEN"),
    "rate": (429, "RATE_LIMITED", "rate_limit_exceeded", "RATE_LIMITED"),
    "quota": (429, "QUOTA_EXCEEDED", "monthly_quota_exceeded", "RATE_LIMITED"),
    "concurrency": (429, "CONCURRENCY_LIMITED", "concurrency_limited", "RATE_LIMITED"),
}
COLUMN = {"jobs": 1, "product": 1, "wallet": 2, "tools": 2, "studio": 3}


@dataclass
class Door:
    """A box with its app, and an account that is new to every test."""

    box: Box
    client: object
    account: AccountId

    def key(self, **wish: object) -> keys.NewKey:
        return keys.create_key(self.box, self.account, KeyWish("door", **wish))

    def ask(self, family: str, secret: str | None):
        path, body = ASKED[family]
        headers = {"Authorization": f"Bearer {secret}"} if secret is not None else {}
        return self.client.post(path, json=body, headers=headers)


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> Iterator[tuple[Box, object]]:
    plans = {"plans__nothing__operations": ["nothing.*"]}
    home = tmp_path_factory.mktemp("house")
    with opened_box(home, catalogue=discover(), clock=FrozenClock(), **plans) as box:
        accounts.ensure_first_account(box)
        put_model(box, "painter", ability=TEXT_TO_IMAGE.name)
        yield box, create_app(box).test_client()


@pytest.fixture
def door(house) -> Door:
    box, client = house
    alive(box)
    # The limiter's windows of this address are the tests' in common.
    box.clock.step(hours=2)
    alive(box)
    return Door(box, client, open_account(box, new_id("name")))


def secret_for(case: str, door: Door) -> str | None:
    """A key, or what stands for one, that is refused for the reason `case`."""
    if case in ("no key", "a text"):
        return None if case == "no key" else "sa_live_nonsense"
    wishes = {
        "expired": {"expires_at": door.box.clock.now() + HOUR},
        "scope": {"scopes": frozenset({Scope.WEBHOOKS})},
        "rate": {"limits": dict.fromkeys(CLASSES, "1 per 1 hour")},
        "quota": {"quota": {"calls": 0}},
        "concurrency": {"limits": {"concurrent_jobs": 1}},
    }
    made = door.key(**wishes.get(case, {}))
    _spoil(case, door, made)
    return made.secret


def _spoil(case: str, door: Door, made: keys.NewKey) -> None:
    box, account = door.box, door.account
    changes = {
        "suspended": AccountChange(status=Status.SUSPENDED),
        "plan": AccountChange(plan="nothing"),
    }
    ways = {
        "revoked": lambda: keys.revoke_key(box, account, made.id),
        "rotated out": lambda: keys.rotate_key(box, account, made.id, overlap=HOUR),
        "closed": lambda: accounts.close_account(box, account),
        "rate": lambda: _use_up_rates(door, made),
        "concurrency": lambda: _leave_unfinished(box, made),
    }
    if case in changes:
        accounts.change_account(box, account, changes[case])
    elif case in ways:
        ways[case]()
    if case in ("expired", "rotated out"):
        box.clock.step(hours=1)


def _use_up_rates(door: Door, made: keys.NewKey) -> None:
    headers = {"x-api-key": made.secret}
    for path, _body in ASKED.values():
        door.client.post(path, json={"?": 1}, headers=headers)


def _leave_unfinished(box: Box, made: keys.NewKey) -> None:
    actor = actor_of(box, made.secret)
    submit(box, actor, "tools.qr", params=Qr("hello"), price_entry="tools.qr")


def code_in(body) -> str:
    said = body["error"]
    return said["code"] if isinstance(said, dict) else body.get("error_code") or body["code"]


@pytest.mark.parametrize("family", ASKED)
@pytest.mark.parametrize("case", CELLS)
def test_who_may_not_is_told_so_in_the_familys_form(case, family, door):
    status, *codes = CELLS[case]
    before = door.box.db.row("SELECT count(*) FROM job")
    secret = secret_for(case, door)
    jobs = door.box.db.row("SELECT count(*) FROM job")

    reply = door.ask(family, secret)

    assert (reply.status_code, code_in(reply.json)) == (status, codes[COLUMN[family] - 1])
    assert reply.headers["X-RateLimit-Limit"]
    assert ("Retry-After" in reply.headers) == (status == 429)
    assert door.box.db.row("SELECT count(*) FROM job") == jobs
    assert jobs[0] - before[0] == (case == "concurrency")


@pytest.mark.parametrize("slug", ["image-convert", "convertir-formato-imagen", "qr", "crear-qr"])
def test_a_foreign_tool_is_refused_under_all_its_names_before_its_fields_are_read(slug, door):
    made = door.key(tools=("image-upscale",))

    reply = door.client.post(
        f"/api/v1/tools/{slug}", json={"?": 1}, headers={"x-api-key": made.secret}
    )

    assert (reply.status_code, reply.json["error_code"]) == (403, "tool_not_allowed")


@pytest.mark.parametrize("slug", ["qr", "crear-qr"])
def test_a_key_for_a_tool_by_its_alias_runs_it_under_all_its_names(slug, door):
    maker = {"x-api-key": door.key().secret}
    asked = {"name": "codes", "tools": ["crear-qr"]}
    made = door.client.post("/api/v1/keys", json=asked, headers=maker).json["data"]

    reply = door.client.post(
        f"/api/v1/tools/{slug}",
        json={"text": "hello"},
        headers={"x-api-key": made["key"], "Prefer": "respond-async"},
    )

    assert reply.status_code == 202


def test_a_key_with_everything_passes_where_the_others_failed(door):
    made = door.key()

    for family in ("jobs", "studio"):
        assert door.ask(family, made.secret).status_code == 202


@pytest.mark.parametrize("path", ["/api/v1/keys", "/api/keys"])
def test_a_plan_without_keys_by_api_is_told_so_in_both_families(path, door):
    made = door.key()
    accounts.change_account(door.box, door.account, AccountChange(plan="creator"))
    headers = {"x-api-key": made.secret}

    reply = door.client.post(path, json={"name": "more"}, headers=headers)

    assert (reply.status_code, code_in(reply.json)) == (403, "FORBIDDEN")
    assert door.client.get(path, headers=headers).status_code == 200


def test_the_wallet_shows_the_keys_quota_and_its_apps(door):
    app = apps.create_app(door.box, door.account, AppWish("shop", quota={"usd": "5"}))
    made = door.key(quota={"calls": 9}, app=app.id)
    headers = {"x-api-key": made.secret}
    _leave_unfinished(door.box, made)

    quota = door.client.get("/api/v1/wallet", headers=headers).json["quota"]
    free = door.client.get("/api/v1/wallet", headers={"x-api-key": door.key().secret}).json["quota"]

    used = {"used": {"calls": 1, "usd": "0.002"}, "resets_at": "2026-04-01T00:00:00.000Z"}
    assert quota == {"calls": 9, **used, "app": {"usd": "5", **used}}
    assert free == {}
