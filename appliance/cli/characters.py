"""`characters`: which there are, and opening one to an account."""

from __future__ import annotations

import click

from appliance.cli.box import as_json, plainly, table, this_box
from appliance.core.ids import AccountId
from appliance.services.box import Box

_ACCOUNT = click.option("--account", help="Whose; without it, the box's first account.")


@click.group()
def characters() -> None:
    """Characters: list, grant, revoke."""


@characters.command("list")
@click.option("--json", "in_json", is_flag=True, help="Print JSON.")
@_ACCOUNT
@plainly
def list_characters(in_json: bool, account: str | None) -> None:  # noqa: FBT001  click's flags
    """List the characters and whether they are open."""
    from appliance.services import characters as service

    box = this_box()
    rows = [
        {
            "id": each.character.id,
            "name": each.character.name,
            "base_model": each.character.base_model,
            "licence": each.character.licence,
            "unlocked": each.unlocked,
            "progress": f"{each.current}/{each.required}",
        }
        for each in service.list_characters(box, _whose(box, account))
    ]
    if in_json:
        as_json(rows)
        return
    columns = ("id", "base_model", "unlocked", "progress", "licence", "name")
    table(columns, [[row[column] for column in columns] for row in rows])


@characters.command("grant")
@click.argument("character")
@_ACCOUNT
@plainly
def grant(character: str, account: str | None) -> None:
    """Open a character."""
    from appliance.services import characters as service

    box = this_box()
    service.grant(box, _whose(box, account), character)
    click.echo(f"{character} is open.")


@characters.command("revoke")
@click.argument("character")
@_ACCOUNT
@plainly
def revoke(character: str, account: str | None) -> None:
    """Take a grant back."""
    from appliance.services import characters as service

    box = this_box()
    service.revoke(box, _whose(box, account), character)
    click.echo(f"{character}: the grant is taken back.")


def _whose(box: Box, account: str | None) -> AccountId:
    from appliance.services.access import accounts

    return AccountId(account) if account else accounts.operator(box).account
