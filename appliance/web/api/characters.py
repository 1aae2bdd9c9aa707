"""Characters: which there are, whether they are open to an account, and an admin opening them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, TypedDict

from flask import Response
from flask_smorest import Blueprint

from appliance.core.character import Access
from appliance.core.errors import Forbidden
from appliance.core.ids import AccountId
from appliance.core.params import Help, Length
from appliance.core.scopes import Scope
from appliance.services import characters
from appliance.web.actor import require, require_operator
from appliance.web.body import read_form
from appliance.web.families.family import Desk
from appliance.web.reply import Reply, respond
from appliance.web.routing import on
from appliance.web.shapes import Data

_PATH = "/api/v1/characters"


@dataclass(frozen=True)
class GrantAsked:
    """A character to be opened."""

    account: Annotated[str | None, Help("Whose; none: this key's own"), Length(1, 80)] = None


class Way(TypedDict):
    """How near an account is to opening a character: completed jobs, or an admin's one grant."""

    current: int
    required: int


class CharacterShown(TypedDict):
    """A character, as this account may use it."""

    id: str
    name: str
    base_model: Annotated[str, "The family of models it was made for"]
    triggers: Annotated[list[str], "Put before a prompt that lacks them"]
    license: str
    unlocked: bool
    progress: Way


class Granted(TypedDict):
    """A character that is open to an account."""

    character: str
    account: str


def add(blueprint: Blueprint, desk: Desk) -> None:
    """Register `/api/v1/characters` and its grants."""
    box = desk.box

    @on(blueprint, _PATH, gives=Data[list[CharacterShown]])
    def list_characters() -> Response:
        """List the characters of the box, and whether this account may use them."""
        actor = require(box, Scope.MGMT)
        found = characters.list_characters(box, actor.account)
        return respond(Reply({"data": [_shown(each) for each in found]}))

    @on(
        *(blueprint, f"{_PATH}/<character>/grants", "POST"),
        takes=GrantAsked,
        gives={201: Data[Granted]},
        refuses=(Forbidden,),
    )
    def grant_character(character: str) -> Response:
        """Open a character to an account."""
        actor = require_operator(box)
        account = AccountId(read_form(GrantAsked).account or actor.account)
        characters.grant(box, account, character)
        return respond(Reply({"data": Granted(character=character, account=account)}, 201))

    @on(
        *(blueprint, f"{_PATH}/<character>/grants/<account>", "DELETE"),
        gives={204: None},
        refuses=(Forbidden,),
    )
    def revoke_character(character: str, account: str) -> Response:
        """Take a grant back; what completed jobs opened stays open."""
        require_operator(box)
        characters.revoke(box, AccountId(account), character)
        return Response(status=204)


def _shown(access: Access) -> CharacterShown:
    character = access.character
    return CharacterShown(
        id=character.id,
        name=character.name,
        base_model=character.base_model,
        triggers=list(character.triggers),
        license=character.licence,
        unlocked=access.unlocked,
        progress=Way(current=access.current, required=access.required),
    )
