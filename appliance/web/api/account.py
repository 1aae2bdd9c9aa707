"""The account: who it is, its credits, the models it may name."""

from __future__ import annotations

from flask import Response, request
from flask_smorest import Blueprint

from appliance.core.clock import iso
from appliance.core.scopes import Scope
from appliance.services import models
from appliance.services.access import accounts
from appliance.services.box import Box
from appliance.services.money import ledger, pricing, statement
from appliance.web.actor import require
from appliance.web.families.family import Desk
from appliance.web.jobs_of import paging
from appliance.web.reply import Reply, respond
from appliance.web.routing import on


def add(blueprint: Blueprint, desk: Desk) -> None:
    """Register `/api/v1/account`, `/credits`, `/payments` and `/models`."""
    _add_account(blueprint, desk.box)
    _add_payments(blueprint, desk.box)
    _add_models(blueprint, desk.box)


def _add_account(blueprint: Blueprint, box: Box) -> None:

    @on(blueprint, "/api/v1/account")
    def account() -> Response:
        """Show the account of this key."""
        actor = require(box, Scope.MGMT)
        found = accounts.account(box, actor.account)
        data = {
            "id": found.id,
            "name": found.name,
            "plan": found.plan,
            "status": found.status,
            "members": accounts.members(box, actor.account),
            "created_at": iso(found.created_at),
        }
        return respond(Reply({"data": data}))

    @on(blueprint, "/api/v1/credits")
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


def _add_payments(blueprint: Blueprint, box: Box) -> None:
    @on(blueprint, "/api/v1/payments")
    def payments() -> Response:
        """List what was paid in, newest first; `format=csv`: every move of the balance."""
        actor = require(box, Scope.MGMT)
        if request.args.get("format") == "csv":
            text = statement.as_csv(box, actor.account, actor.environment)
            return Response(text, mimetype="text/csv")
        limit, cursor = paging()
        found = statement.payments(
            box, actor.account, actor.environment, limit=limit, cursor=cursor
        )
        data = [
            {
                "id": line.id,
                "kind": line.kind,
                "amount_usd": line.amount.usd(),
                "credits": pricing.in_credits(box, line.amount),
                "reason": line.reason,
                "created_at": iso(line.at),
            }
            for line in found.lines
        ]
        return respond(Reply({"data": data, "meta": {"next_cursor": found.cursor}}))


def _add_models(blueprint: Blueprint, box: Box) -> None:
    @on(blueprint, "/api/v1/models")
    def list_models() -> Response:
        """List the models the box knows."""
        require(box, Scope.MGMT)
        data = [
            {
                "id": offer.model.id,
                "title": offer.model.title,
                "ability": offer.model.ability,
                "media_type": offer.model.ability.partition(".")[0],
                "operations": list(offer.operations),
                "installed": offer.installed,
                "license": offer.model.licence,
                "commercial_use": offer.model.commercial_use,
                "aliases": list(offer.aliases),
            }
            for offer in models.offers(box)
        ]
        return respond(Reply({"data": data}))
