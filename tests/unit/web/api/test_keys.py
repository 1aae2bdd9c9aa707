from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from appliance.core.scopes import Scope
from appliance.services.access import apps
from appliance.services.access import keys as service
from appliance.services.access.apps import AppWish
from appliance.services.access.keys import KeyWish
from appliance.web.api import keys
from tests.unit.web.api.small_app import small_app


@pytest.fixture
def client(box) -> FlaskClient:
    return small_app(box, keys.add)[0].test_client()


def as_(persona) -> dict[str, str]:
    return {"Authorization": f"Bearer {persona.secret}"}


def test_a_key_is_made_shown_once_and_listed_without_its_secret(client, ada):
    made = client.post("/api/v1/keys", json={"name": "shop"}, headers=as_(ada))
    listed = client.get("/api/v1/keys", headers=as_(ada))

    assert made.status_code == 201
    assert made.json["data"]["key"].startswith("sa_live_")
    assert {key["name"] for key in listed.json["data"]} == {"ada", "ben", "shop"}
    assert made.json["data"]["key"] not in listed.text


def test_a_revoked_key_is_refused_at_the_next_request(client, ada, ben):
    reply = client.delete(f"/api/v1/keys/{ben.key}", headers=as_(ada))

    assert reply.status_code == 204
    assert client.get("/api/v1/keys", headers=as_(ben)).status_code == 401


def test_cyds_key_is_not_found(client, ada, cyd):
    for reply in (
        client.delete(f"/api/v1/keys/{cyd.key}", headers=as_(ada)),
        client.post(f"/api/v1/keys/{cyd.key}/rotate", headers=as_(ada)),
    ):
        assert reply.status_code == 404


def test_a_key_without_admin_does_not_get_one_with_it(client, box, ada):
    wish = KeyWish("admin", scopes=frozenset(Scope))
    admin = service.create_key(box, ada.account, wish)

    asked = client.post("/api/v1/keys", json={"name": "x", "scopes": ["admin"]}, headers=as_(ada))
    rotated = client.post(f"/api/v1/keys/{admin.id}/rotate", headers=as_(ada))

    assert asked.status_code == 403
    assert rotated.status_code == 403


def test_a_key_is_asked_for_in_either_spelling_and_as_a_form(client, box, ada):
    snake = client.post(
        "/api/v1/keys",
        json={"name": "a", "expires_at": "2027-01-01T00:00:00Z", "quota": {"usd": "5"}},
        headers=as_(ada),
    )
    form = client.post(
        "/api/v1/keys",
        data={"name": "b", "scopes": "mgmt,tools:run", "limits": '{"concurrent_jobs": 1}'},
        headers=as_(ada),
    )

    assert (snake.status_code, form.status_code) == (201, 201)
    listed = {k["name"]: k for k in client.get("/api/v1/keys", headers=as_(ada)).json["data"]}
    assert listed["a"]["expiresAt"] == "2027-01-01T00:00:00.000Z"
    assert listed["a"]["quota"] == {"usd": "5"}
    assert listed["b"]["scopes"] == ["mgmt", "tools:run"]
    assert listed["b"]["limits"] == {"concurrent_jobs": 1}


def test_a_list_shows_where_a_key_stands_and_when_it_was_last_used(client, box, ada, ben):
    client.post(f"/api/v1/keys/{ben.key}/rotate", headers=as_(ada))

    listed = client.get("/api/v1/keys?limit=2", headers=as_(ada)).json
    rest = client.get(f"/api/v1/keys?cursor={listed['meta']['next_cursor']}", headers=as_(ada)).json

    found = {key["id"]: key for key in (*listed["data"], *rest["data"])}
    assert (found[ben.key]["status"], found[ada.key]["status"]) == ("rotating", "active")
    assert (found[ben.key]["lastUsedAt"], bool(found[ada.key]["lastUsedAt"])) == (None, True)


def test_in_studio_ids_are_uuids_cursors_too(box, ada, ben):
    client = small_app(box, keys.add_for_studio)[0].test_client()
    made = client.post("/api/keys", json={"name": "shop"}, headers=as_(ada))
    first = client.get("/api/keys?limit=1", headers=as_(ada)).json
    rest = client.get(f"/api/keys?cursor={first['meta']['next_cursor']}", headers=as_(ada)).json

    assert made.status_code == 200
    ids = [key["id"] for key in (*first["data"], *rest["data"])]
    assert len(set(ids)) == 3
    assert made.json["data"]["id"] in ids
    assert client.delete(f"/api/keys/{ids[0]}", headers=as_(ada)).status_code == 204


def test_a_foreign_app_is_not_found(client, box, ada, cyd):
    app = apps.create_app(box, cyd.account, AppWish("hers"))

    for named in (app.id, "app_nothing"):
        reply = client.post("/api/v1/keys", json={"name": "x", "app": named}, headers=as_(ada))
        assert (reply.status_code, reply.json["error"]["field"]) == (404, "app")
