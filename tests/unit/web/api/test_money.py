from __future__ import annotations

import csv
import io

import pytest
from flask.testing import FlaskClient

from appliance.core.jobs import Environment
from appliance.core.scopes import Scope
from appliance.services.access import keys
from appliance.services.access.wishes import KeyWish
from appliance.services.money import audit, ledger
from appliance.web.api import money
from tests.support.box import completed
from tests.unit.web.api.small_app import small_app

LIVE, TEST = Environment.LIVE, Environment.TEST


@pytest.fixture
def client(box) -> FlaskClient:
    return small_app(box, money.add)[0].test_client()


@pytest.fixture
def root(box, ada):
    """The headers of an admin: a key of Ada's account with every scope."""
    return as_admin(box, ada)


def as_admin(box, persona, environment=LIVE) -> dict[str, str]:
    wish = KeyWish("admin", environment=environment, scopes=frozenset(Scope))
    return {"x-api-key": keys.create_key(box, persona.account, wish).secret}


def at(persona, what: str) -> str:
    return f"/api/v1/accounts/{persona.account}/{what}"


def free(box, persona, environment=LIVE) -> str:
    return ledger.free_balance(box.db, persona.account, environment).usd()


@pytest.mark.parametrize(
    ("what", "body", "kind", "after"),
    [
        ("grants", {"credits": 250.5}, "grant", "12.505"),
        ("top-ups", {"usd": "25"}, "top_up", "35"),
        ("adjustments", {"usd": "-2.5"}, "adjustment", "7.5"),
    ],
)
def test_an_admin_moves_money_on_any_account(client, box, root, cyd, what, body, kind, after):
    reply = client.post(at(cyd, what), json={**body, "reason": "because"}, headers=root)
    listed = client.get("/api/v1/payments", headers={"x-api-key": cyd.secret}).json["data"]

    assert reply.status_code == 201
    made = reply.json["data"]
    assert (made["kind"], made["balance_usd"], made["reason"]) == (kind, after, "because")
    assert made in listed
    assert free(box, cyd) == after


@pytest.mark.parametrize("usd_", [None, "0.04"])
def test_an_admin_refunds_a_job(client, box, root, cyd, usd_):
    job = completed(box, cyd.actor)
    body = {"job": f"job_{job.id}", "reason": "spoilt", **({"usd": usd_} if usd_ else {})}

    made = client.post(at(cyd, "refunds"), json=body, headers=root).json["data"]

    assert (made["kind"], made["job"]) == ("refund", f"job_{job.id}")
    assert made["amount_usd"] == (usd_ or "0.1")
    assert audit.faults(box.db) == []


def test_the_same_key_moves_money_once_and_answers_as_the_first_time(client, box, root, cyd):
    asked = {"json": {"credits": 100, "reason": "gift"}}
    headers = {**root, "Idempotency-Key": '"abc"'}
    first = client.post(at(cyd, "grants"), headers=headers, **asked)
    client.post(at(cyd, "grants"), headers=root, **asked)

    again = client.post(at(cyd, "grants"), headers=headers, **asked)

    assert (again.status_code, again.json) == (201, first.json)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert free(box, cyd) == "12"


def test_the_same_key_for_something_else_is_a_mismatch(client, box, root, ada, cyd):
    headers = {**root, "Idempotency-Key": "abc"}
    client.post(at(cyd, "grants"), json={"credits": 100, "reason": "gift"}, headers=headers)

    for where, body in (
        (at(cyd, "grants"), {"credits": 101, "reason": "gift"}),
        (at(ada, "grants"), {"credits": 100, "reason": "gift"}),
        (at(cyd, "adjustments"), {"usd": "1", "reason": "gift"}),
    ):
        reply = client.post(where, json=body, headers=headers)
        assert (reply.status_code, reply.json["error"]["code"]) == (422, "IDEMPOTENCY_MISMATCH")
    assert (free(box, ada), free(box, cyd)) == ("10", "11")


def test_an_admin_of_another_account_moves_nothing(client, box, root, cyd):
    admin, body = as_admin(box, cyd), {"credits": 100, "reason": "gift"}

    assert client.post(at(cyd, "grants"), json=body, headers=admin).status_code == 403
    assert free(box, cyd) == "10"


def test_a_key_without_admin_moves_nothing(client, ada):
    for what in ("grants", "top-ups", "adjustments", "refunds"):
        reply = client.post(at(ada, what), json={}, headers={"x-api-key": ada.secret})
        assert (reply.status_code, reply.json["error"]["code"]) == (403, "INSUFFICIENT_SCOPE")


def test_an_account_that_is_not_there_is_not_found(client, root):
    path = "/api/v1/accounts/acc_none/grants"

    assert client.post(path, json={"credits": 1, "reason": "x"}, headers=root).status_code == 404


def test_a_test_key_moves_test_balances_only(client, box, ada):
    headers, body = as_admin(box, ada, TEST), {"credits": 100, "reason": "gift"}

    assert client.post(at(ada, "grants"), json=body, headers=headers).status_code == 201
    live = client.post(at(ada, "grants"), json={**body, "environment": "live"}, headers=headers)
    job = completed(box, ada.actor).id
    refund = client.post(at(ada, "refunds"), json={"job": job, "reason": "x"}, headers=headers)

    assert (live.status_code, refund.status_code) == (403, 404)
    assert (free(box, ada), free(box, ada, TEST)) == ("9.9", "11")


def test_a_live_admin_moves_the_test_balance_when_told(client, box, root, ada):
    body = {"credits": 100, "reason": "gift", "environment": "test"}
    client.post(at(ada, "grants"), json=body, headers=root)

    assert (free(box, ada), free(box, ada, TEST)) == ("10", "11")


@pytest.mark.parametrize(
    ("what", "body", "field"),
    [
        ("grants", {"credits": 0, "reason": "x"}, "credits"),
        ("grants", {"credits": "many", "reason": "x"}, "credits"),
        ("grants", {"credits": 0.00001, "reason": "x"}, "credits"),
        ("grants", {"credits": 1e300, "reason": "x"}, "credits"),
        ("grants", {"credits": 1}, "reason"),
        ("grants", {"credits": 1, "reason": ""}, "reason"),
        ("grants", {"credits": 1, "reason": "x", "environment": "moon"}, "environment"),
        ("grants", {"credits": 1, "reason": "x", "usd": "1"}, "usd"),
        ("top-ups", {"usd": "9.99", "reason": "x"}, "usd"),
        ("top-ups", {"usd": 25, "reason": "x"}, "usd"),
        ("top-ups", {"usd": "1e3", "reason": "x"}, "usd"),
        ("top-ups", {"usd": "99999999", "reason": "x"}, "usd"),
        ("adjustments", {"usd": "0", "reason": "x"}, "usd"),
        ("adjustments", {"usd": "-10.01", "reason": "x"}, "usd"),
        ("refunds", {"reason": "x"}, "job"),
        ("refunds", {"job": "1", "reason": "x", "usd": "-1"}, "usd"),
    ],
)
def test_a_wrong_field_is_named_and_moves_nothing(client, box, root, ada, what, body, field):
    reply = client.post(at(ada, what), json=body, headers=root)

    assert (reply.status_code, reply.json["error"].get("field")) == (422, field)
    assert free(box, ada) == "10"


def test_a_refund_that_cannot_be_is_a_conflict(client, box, root, ada):
    job = completed(box, ada.actor).id
    asked = {"json": {"job": job, "reason": "spoilt"}, "headers": root}
    client.post(at(ada, "refunds"), **asked)

    reply = client.post(at(ada, "refunds"), **asked)

    assert (reply.status_code, reply.json["error"]["code"]) == (409, "CONFLICT")


def test_payments_come_in_pages(client, box, root, ada):
    for n in (1, 2, 3):
        client.post(at(ada, "grants"), json={"credits": n, "reason": str(n)}, headers=root)

    first = client.get("/api/v1/payments?limit=3", headers=root).json
    cursor = first["meta"]["next_cursor"]
    rest = client.get(f"/api/v1/payments?limit=3&cursor={cursor}", headers=root).json

    assert len(first["data"]) == 3
    assert len(rest["data"]) == 1
    assert rest["meta"]["next_cursor"] is None


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "cursor=", "format=xml", "page=2"])
def test_a_list_that_cannot_be_is_refused(client, root, query):
    assert client.get(f"/api/v1/payments?{query}", headers=root).status_code == 422


def test_the_statement_is_a_file_of_csv(client, box, root, ada):
    completed(box, ada.actor)
    reply = client.get("/api/v1/payments?format=csv", headers=root)

    book = list(csv.DictReader(io.StringIO(reply.text)))
    assert reply.mimetype == "text/csv"
    assert "statement.csv" in reply.headers["Content-Disposition"]
    last = {row["balance"]: row["after_usd"] for row in book}
    assert last == {"free": free(box, ada), "held": "0"}
