from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from appliance.core.scopes import Scope
from appliance.services.access import keys as service
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
