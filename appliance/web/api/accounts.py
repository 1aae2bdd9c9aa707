"""Accounts: the organisations on the box, for whoever runs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, TypedDict

from flask import Response
from flask_smorest import Blueprint

from appliance.core.clock import iso
from appliance.core.errors import Conflict, Forbidden
from appliance.core.ids import AccountId
from appliance.core.params import Choice, Help, Length
from appliance.services.access import accounts
from appliance.services.access.accounts import Account, AccountChange, Status
from appliance.services.box import Box
from appliance.web.actor import require_operator
from appliance.web.body import read_form
from appliance.web.families.family import Desk
from appliance.web.listing import Listing, listed
from appliance.web.reply import Reply, nothing, respond
from appliance.web.routing import on
from appliance.web.shapes import Data, Moment, Page

_PATH = "/api/v1/accounts"
_Name = Annotated[str, Help("What it is called"), Length(1, 100)]
_Plan = Annotated[str | None, Help("One of [plans] in config"), Length(1, 60)]


@dataclass(frozen=True)
class AccountAsked:
    """An account to be made."""

    name: _Name
    plan: _Plan = None


@dataclass(frozen=True)
class AccountChanged:
    """What to change of an account."""

    name: Annotated[str | None, Help("What it is called"), Length(1, 100)] = None
    plan: _Plan = None
    status: Annotated[str | None, Help("Whether its keys open anything"), Choice(tuple(Status))] = (
        None
    )


class AccountShown(TypedDict):
    """An organisation on the box."""

    id: str
    name: str
    plan: str
    status: Status
    members: int
    created_at: Moment


def add(blueprint: Blueprint, desk: Desk) -> None:
    """Register `/api/v1/accounts`."""
    _add_all(blueprint, desk.box)
    _add_one(blueprint, desk.box)


def _add_all(blueprint: Blueprint, box: Box) -> None:
    @on(blueprint, _PATH, asks=Listing, gives=Page[AccountShown], refuses=(Forbidden,))
    def list_accounts() -> Response:
        """List the accounts, newest first."""
        require_operator(box)
        return listed(
            lambda limit, cursor: accounts.list_accounts(box, limit=limit, cursor=cursor), shown
        )

    @on(
        *(blueprint, _PATH, "POST"),
        takes=AccountAsked,
        gives={201: Data[AccountShown]},
        refuses=(Forbidden,),
    )
    def create_account() -> Response:
        """Make an account with an empty purse."""
        require_operator(box)
        asked = read_form(AccountAsked)
        made = accounts.create_account(box, asked.name, asked.plan)
        return respond(Reply({"data": shown(made)}, 201))


def _add_one(blueprint: Blueprint, box: Box) -> None:
    path, refused = f"{_PATH}/<account>", (Forbidden, Conflict)

    @on(blueprint, path, gives=Data[AccountShown], refuses=(Forbidden,))
    def read_account(account: str) -> Response:
        """Show an account."""
        require_operator(box)
        return respond(Reply({"data": shown(accounts.account(box, AccountId(account)))}))

    @on(blueprint, path, "PATCH", takes=AccountChanged, gives=Data[AccountShown], refuses=refused)
    @on(blueprint, path, "PUT", takes=AccountChanged, gives=Data[AccountShown], refuses=refused)
    def change_account(account: str) -> Response:
        """Rename an account, change its plan, suspend it or let it go on."""
        require_operator(box)
        asked = read_form(AccountChanged)
        status = Status(asked.status) if asked.status else None
        change = AccountChange(asked.name, asked.plan, status)
        changed = accounts.change_account(box, AccountId(account), change)
        return respond(Reply({"data": shown(changed)}))

    @on(blueprint, path, "DELETE", gives={204: None}, refuses=refused)
    def close_account(account: str) -> Response:
        """Close an account for good: its keys stop, its jobs and books stay."""
        require_operator(box)
        accounts.close_account(box, AccountId(account))
        return nothing()


def shown(account: Account) -> AccountShown:
    """An account as this family shows it."""
    return AccountShown(
        id=account.id,
        name=account.name,
        plan=account.plan,
        status=account.status,
        members=account.members,
        created_at=iso(account.created_at),
    )
