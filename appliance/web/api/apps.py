"""Apps: groups of keys with limits and a quota for all of them together."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

from flask import Response
from flask_smorest import Blueprint

from appliance.core.clock import iso
from appliance.core.limits import read_limits, read_quota
from appliance.core.scopes import Scope
from appliance.services.access import apps
from appliance.services.access.apps import App, AppChange, AppWish
from appliance.services.box import Box
from appliance.web.actor import require
from appliance.web.body import read_body
from appliance.web.families.family import Desk
from appliance.web.keys_form import LimitsWritten, Named, QuotaWritten, fields, name_in
from appliance.web.listing import Listing, listed
from appliance.web.reply import Reply, nothing, respond
from appliance.web.routing import on
from appliance.web.shapes import Data, Moment, Page

_PATH = "/api/v1/apps"


class AppAsked(TypedDict):
    """An app to be made."""

    name: Named
    limits: NotRequired[LimitsWritten]
    quota: NotRequired[QuotaWritten]


class AppChanged(TypedDict):
    """What to change of an app; limits and quota are replaced whole, null takes them away."""

    name: NotRequired[Named]
    limits: NotRequired[LimitsWritten | None]
    quota: NotRequired[QuotaWritten | None]


class AppShown(TypedDict):
    """A group of keys."""

    id: str
    name: str
    limits: LimitsWritten
    quota: QuotaWritten
    keys: int
    created_at: Moment


def add(blueprint: Blueprint, desk: Desk) -> None:
    """Register `/api/v1/apps`."""
    _add_all(blueprint, desk.box)
    _add_one(blueprint, desk.box)


def _add_all(blueprint: Blueprint, box: Box) -> None:
    @on(blueprint, _PATH, asks=Listing, gives=Page[AppShown])
    def list_apps() -> Response:
        """List the account's apps, newest first."""
        actor = require(box, Scope.ADMIN)
        return listed(
            lambda limit, cursor: apps.list_apps(box, actor.account, limit=limit, cursor=cursor),
            _shown,
        )

    @on(blueprint, _PATH, "POST", takes=AppAsked, gives={201: Data[AppShown]})
    def create_app() -> Response:
        """Make an app; keys name it when they are made."""
        actor = require(box, Scope.ADMIN)
        values = fields(read_body(), ("name", "limits", "quota"))
        wish = AppWish(name_in(values), **_bounds(values))
        return respond(Reply({"data": _shown(apps.create_app(box, actor.account, wish))}, 201))


def _add_one(blueprint: Blueprint, box: Box) -> None:
    @on(blueprint, f"{_PATH}/<app>", gives=Data[AppShown])
    def read_app(app: str) -> Response:
        """Show an app."""
        actor = require(box, Scope.ADMIN)
        return respond(Reply({"data": _shown(apps.find_app(box, actor.account, app))}))

    @on(blueprint, f"{_PATH}/<app>", "PATCH", takes=AppChanged, gives=Data[AppShown])
    @on(blueprint, f"{_PATH}/<app>", "PUT", takes=AppChanged, gives=Data[AppShown])
    def change_app(app: str) -> Response:
        """Change an app; its keys meet that at the next request."""
        actor = require(box, Scope.ADMIN)
        values = fields(read_body(), ("name", "limits", "quota"))
        name = name_in(values) if "name" in values else None
        change = AppChange(name, **_bounds(values))
        return respond(Reply({"data": _shown(apps.change_app(box, actor.account, app, change))}))

    @on(blueprint, f"{_PATH}/<app>", "DELETE", gives={204: None})
    def delete_app(app: str) -> Response:
        """Delete an app and revoke its keys."""
        actor = require(box, Scope.ADMIN)
        apps.delete_app(box, actor.account, app)
        return nothing()


def _bounds(values: dict[str, Any]) -> dict[str, Any]:
    """The limits and quota that were given, checked."""
    checks = {"limits": read_limits, "quota": read_quota}
    return {
        name: {} if values[name] in (None, {}) else check(values[name])
        for name, check in checks.items()
        if name in values
    }


def _shown(app: App) -> AppShown:
    return AppShown(
        id=app.id,
        name=app.name,
        limits=dict(app.limits),
        quota=QuotaWritten(**app.quota),  # type: ignore[typeddict-item]  # as it was checked
        keys=app.keys,
        created_at=iso(app.created_at),
    )
