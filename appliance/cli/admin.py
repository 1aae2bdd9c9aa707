"""`init`, `doctor`, `openapi`: what an admin does once in a while."""

from __future__ import annotations

import click

from appliance.cli.box import as_json, plainly, table, this_box
from appliance.cli.checks.check import Check

_JSON = click.option("--json", "in_json", is_flag=True, help="Print JSON.")


@click.command()
@plainly
def init() -> None:
    """Make the folders, secrets, database and first account. Safe to repeat."""
    from appliance.services.access.accounts import ensure_first_account
    from appliance.services.provenance import signer

    box = this_box()
    signer(box)
    first = ensure_first_account(box)
    if first.password is None:
        click.echo(f"The appliance at {box.home.root} is up to date.")
        return
    click.echo(f"The appliance at {box.home.root} is ready.")
    click.echo("Admin of the console, shown this once:")
    click.echo(f"  name      admin\n  password  {first.password}")


@click.command()
@click.option("--deep", is_flag=True, help="Read every byte of the weights.")
@_JSON
@plainly
def doctor(in_json: bool, deep: bool) -> None:  # noqa: FBT001  click passes flags so
    """Check what the appliance needs, and say how to mend what is missing."""
    from appliance.cli.checks import checks

    found = checks(this_box(), deep=deep)
    if in_json:
        as_json([{"check": c.name, **_facts(c)} for c in found])
    else:
        table(("", "check", ""), [[c.mark, c.name, c.line] for c in found])
    raise SystemExit(0 if all(c.ok for c in found if c.needed) else 1)


def _facts(check: Check) -> dict[str, object]:
    do = "" if check.ok else check.do
    return {"ok": check.ok, "needed": check.needed, "says": check.says, "do": do}


@click.command()
@plainly
def openapi() -> None:
    """Print the OpenAPI document."""
    from appliance.web.app import create_app

    as_json(create_app(this_box()).extensions["published"].document)
