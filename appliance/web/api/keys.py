"""API keys over HTTP: `/api/v1/keys` and, the same resource, studio's `/api/keys`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from flask import Response
from flask_smorest import Blueprint

from appliance.core.errors import Conflict, Forbidden, NotFound, ToolNotAllowed
from appliance.core.ids import as_uuid, from_uuid
from appliance.core.scopes import Scope
from appliance.services.access import keys
from appliance.services.access.keys import KeyView, NewKey
from appliance.services.box import Box
from appliance.web.actor import require
from appliance.web.body import read_body
from appliance.web.families.family import Desk
from appliance.web.keys_form import KeyAsked, KeyMade, KeyShown, shown, wish_of
from appliance.web.listing import Listing, listed
from appliance.web.reply import Reply, nothing, respond
from appliance.web.routing import on
from appliance.web.shapes import Data, Page

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

    def shown(self, key: KeyView) -> KeyShown:
        return KeyShown({**shown(key), "id": self.write_id(key.id)})

    def made(self, made: NewKey) -> Response:
        data = KeyMade(id=self.write_id(made.id), key=made.secret, name=made.name)
        return respond(Reply({"data": data}, self.created))


def _register(blueprint: Blueprint, desk: Desk, place: _Place) -> None:
    _add_all(blueprint, desk.box, place)
    _add_one(blueprint, desk.box, place)


def _add_all(blueprint: Blueprint, box: Box, place: _Place) -> None:
    @on(blueprint, place.path, asks=Listing, gives=Page[KeyShown])
    def list_keys() -> Response:
        """List the account's keys, newest first; never the keys themselves."""
        actor = require(box, Scope.MGMT)

        def find(limit: int, cursor: str | None) -> Sequence[KeyView]:
            older = from_uuid("key", cursor) if cursor else None
            return keys.list_keys(box, actor.account, limit=limit, cursor=older)

        return listed(find, place.shown)

    @on(
        *(blueprint, place.path, "POST"),
        takes=KeyAsked,
        gives={place.created: Data[KeyMade]},
        refuses=(Forbidden, ToolNotAllowed, NotFound),
    )
    def create_key() -> Response:
        """Make a key; it is shown this once."""
        actor = require(box, Scope.MGMT)
        wish = wish_of(read_body())
        return place.made(keys.create_key(box, actor.account, wish, maker=actor))


def _add_one(blueprint: Blueprint, box: Box, place: _Place) -> None:
    @on(blueprint, f"{place.path}/<key>", "DELETE", gives={204: None})
    def revoke_key(key: str) -> Response:
        """Stop a key from the next request on."""
        actor = require(box, Scope.MGMT)
        keys.revoke_key(box, actor.account, from_uuid("key", key))
        return nothing()

    @on(
        *(blueprint, f"{place.path}/<key>/rotate", "POST"),
        gives={place.created: Data[KeyMade]},
        refuses=(Forbidden, ToolNotAllowed, Conflict),
    )
    def rotate_key(key: str) -> Response:
        """Make a key's successor; the old one works for 24 hours more."""
        actor = require(box, Scope.MGMT)
        old = from_uuid("key", key)
        return place.made(keys.rotate_key(box, actor.account, old, overlap=_OVERLAP, maker=actor))
