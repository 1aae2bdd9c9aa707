"""API keys over HTTP: `/api/v1/keys` and, the same resource, studio's `/api/keys`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from flask import Response
from flask_smorest import Blueprint

from appliance.core.ids import as_uuid, from_uuid
from appliance.core.scopes import Scope
from appliance.services.access import keys
from appliance.services.access.keys import NewKey
from appliance.web.actor import require
from appliance.web.body import read_body
from appliance.web.families.family import Desk
from appliance.web.keys_form import shown, wish_of
from appliance.web.reply import Reply, respond
from appliance.web.routing import on

_OVERLAP = timedelta(hours=24)


def add(blueprint: Blueprint, desk: Desk) -> None:
    """Register `/api/v1/keys` in the jobs family's envelope."""
    _register(blueprint, desk, _Place("/api/v1/keys", 201, str))


def add_for_studio(blueprint: Blueprint, desk: Desk) -> None:
    """Register `/api/keys`, where ids are UUIDs and creating answers 200."""
    _register(blueprint, desk, _Place("/api/keys", 200, as_uuid))


@dataclass(frozen=True)
class _Place:
    path: str
    created: int
    write_id: Callable[[str], str]


def _register(blueprint: Blueprint, desk: Desk, place: _Place) -> None:
    box, path = desk.box, place.path

    @on(blueprint, path)
    def list_keys() -> Response:
        """List the account's keys; never the keys themselves."""
        actor = require(box, Scope.MGMT)
        found = [shown(key) for key in keys.list_keys(box, actor.account)]
        return respond(Reply({"data": [{**key, "id": place.write_id(key["id"])} for key in found]}))

    @on(blueprint, path, "POST")
    def create_key() -> Response:
        """Make a key; it is shown this once."""
        actor = require(box, Scope.MGMT)
        wish = wish_of(read_body().values)
        made = keys.create_key(box, actor.account, wish, maker=actor)
        return respond(_made(place, made))

    @on(blueprint, f"{path}/<key>", "DELETE")
    def revoke_key(key: str) -> Response:
        """Stop a key from the next request on."""
        actor = require(box, Scope.MGMT)
        keys.revoke_key(box, actor.account, from_uuid("key", key))
        return Response(status=204)

    @on(blueprint, f"{path}/<key>/rotate", "POST")
    def rotate_key(key: str) -> Response:
        """Make a key's successor; the old one works for 24 hours more."""
        actor = require(box, Scope.MGMT)
        old = from_uuid("key", key)
        made = keys.rotate_key(box, actor.account, old, overlap=_OVERLAP, maker=actor)
        return respond(_made(place, made))


def _made(place: _Place, made: NewKey) -> Reply:
    data = {"id": place.write_id(made.id), "key": made.secret, "name": made.name}
    return Reply({"data": data}, place.created)
