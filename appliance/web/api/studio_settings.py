"""Studio's settings: the account's one `webhookUrl`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, NotRequired, TypedDict

from flask import Response
from flask_smorest import Blueprint

from appliance.core.params import Help, Length, fields_of, read
from appliance.core.scopes import Scope
from appliance.services.box import Box
from appliance.services.webhooks import own
from appliance.services.webhooks.own import Own, OwnChange
from appliance.web.actor import require
from appliance.web.body import read_body
from appliance.web.families.family import Desk
from appliance.web.reply import Reply, respond
from appliance.web.routing import on
from appliance.web.shapes import Data

_PATH = "/api/settings"


@dataclass(frozen=True)
class SettingsAsked:
    """The body of `/api/settings`; what is left out stays."""

    webhookUrl: Annotated[  # noqa: N815  the family's spelling
        str | None, Help("Where to tell how jobs ended: https; empty: nowhere"), Length(0, 2000)
    ] = None
    allJobs: Annotated[bool | None, Help("Tell of every job, not of studio's only")] = None  # noqa: N815


class SettingsShown(TypedDict):
    """The account's settings."""

    webhookUrl: str | None
    allJobs: bool
    webhookSecret: NotRequired[Annotated[str, "`whsec_…`; the first time only"]]


def add(blueprint: Blueprint, desk: Desk) -> None:
    """Register `/api/settings`."""
    box = desk.box

    @on(blueprint, _PATH, gives=Data[SettingsShown])
    def read_settings() -> Response:
        """Show the account's settings."""
        actor = require(box, Scope.MGMT)
        return respond(Reply({"data": _shown(own.own(box, actor.account))}))

    @on(blueprint, _PATH, "PATCH", takes=SettingsAsked, gives=Data[SettingsShown])
    @on(blueprint, _PATH, "PUT", takes=SettingsAsked, gives=Data[SettingsShown])
    def change_settings() -> Response:
        """Change the account's settings; the first time with the webhook secret."""
        return _changed(box)

    @on(blueprint, _PATH, "POST", takes=SettingsAsked, gives=Data[SettingsShown])
    def set_settings() -> Response:
        """Change the account's settings; the first time with the webhook secret."""
        return _changed(box)


def _changed(box: Box) -> Response:
    actor = require(box, Scope.MGMT)
    body = read_body()
    asked = read(fields_of(SettingsAsked), body.values, lenient=body.lenient)
    if body.values.get("webhookUrl", "") is None:
        asked["webhookUrl"] = ""  # null takes it away, its absence leaves it
    change = OwnChange(asked["webhookUrl"], asked["allJobs"])
    return respond(Reply({"data": _shown(own.change_own(box, actor.account, change))}))


def _shown(found: Own) -> dict[str, Any]:
    shown: dict[str, Any] = {"webhookUrl": found.url, "allJobs": found.all_jobs}
    return shown | {"webhookSecret": found.secret} if found.secret else shown
