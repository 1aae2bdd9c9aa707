"""The account: who it is, and its credits."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, TypedDict

from flask import Response
from flask_smorest import Blueprint

from appliance.core.clock import iso
from appliance.core.scopes import Scope
from appliance.services.access import accounts
from appliance.services.box import Box
from appliance.services.files.storage import held_by
from appliance.services.money import ledger, pricing
from appliance.web.actor import require
from appliance.web.families.family import Desk
from appliance.web.reply import Reply, respond
from appliance.web.routing import on
from appliance.web.shapes import Data, Moment


class Storage(TypedDict):
    """The bytes that an account keeps here."""

    uploads_bytes: Annotated[int, "The same file uploaded twice counts twice"]
    outputs_bytes: int


class OwnAccount(TypedDict):
    """The account of a key."""

    id: str
    name: str
    plan: str
    status: str
    members: int
    storage: Storage
    created_at: Moment


class Credits(TypedDict):
    """The credits that a key moves."""

    credits_remaining: Annotated[float, "Free to spend"]
    credits_held: Annotated[float, "For jobs that have not ended"]
    lifetime_spent: float


def add(blueprint: Blueprint, desk: Desk) -> None:
    """Register `/api/v1/account` and `/credits`."""
    _add_account(blueprint, desk.box)


def _add_account(blueprint: Blueprint, box: Box) -> None:

    @on(blueprint, "/api/v1/account", gives=Data[OwnAccount])
    def account() -> Response:
        """Show the account of this key."""
        actor = require(box, Scope.MGMT)
        found = accounts.account(box, actor.account)
        data = {
            "id": found.id,
            "name": found.name,
            "plan": found.plan,
            "status": found.status,
            "members": found.members,
            "storage": asdict(held_by(box, found.id)),
            "created_at": iso(found.created_at),
        }
        return respond(Reply({"data": data}))

    @on(blueprint, "/api/v1/credits", gives=Data[Credits])
    def credits() -> Response:
        """Show the credits this key moves."""
        actor = require(box, Scope.MGMT)
        where = (box.db, actor.account, actor.environment)
        data = {
            "credits_remaining": pricing.in_credits(box, ledger.free_balance(*where)),
            "credits_held": pricing.in_credits(box, ledger.held_balance(*where)),
            "lifetime_spent": pricing.in_credits(box, ledger.spent(*where)),
        }
        return respond(Reply({"data": data}))
