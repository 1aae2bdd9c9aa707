"""`init`, `keys`, `credits`, `doctor`, `openapi`, `ledger`: what an admin does once in a while."""

from __future__ import annotations

import click

from appliance.cli.box import as_json, plainly, table, this_box
from appliance.core.clock import iso
from appliance.core.jobs import Environment
from appliance.core.money import Money, usd
from appliance.core.scopes import Scope

_JSON = click.option("--json", "in_json", is_flag=True, help="Print JSON.")
_ENVIRONMENT = click.option("--test", "environment", flag_value="test", help="On the test balance.")


@click.command()
@plainly
def init() -> None:
    """Make the folders, secrets, database and first account. Safe to repeat."""
    from appliance.services.access.accounts import ensure_first_account

    box = this_box()
    first = ensure_first_account(box)
    if first.password is None:
        click.echo(f"The appliance at {box.home.root} is up to date.")
        return
    click.echo(f"The appliance at {box.home.root} is ready.")
    click.echo("Admin of the console, shown this once:")
    click.echo(f"  name      admin\n  password  {first.password}")


@click.group()
def keys() -> None:
    """API keys."""


@keys.command("create")
@click.option("--name", default="cli", show_default=True, help="What the key is for.")
@click.option("--scope", "scopes", multiple=True, type=click.Choice([*Scope]), help="May repeat.")
@_ENVIRONMENT
@plainly
def create_key(name: str, scopes: tuple[str, ...], environment: str | None) -> None:
    """Make a key and show it this once."""
    from appliance.services.access import accounts
    from appliance.services.access import keys as service

    box = this_box()
    wish = service.KeyWish(
        name=name,
        environment=Environment(environment or "live"),
        scopes=frozenset(Scope(scope) for scope in scopes) or None,
    )
    made = service.create_key(box, accounts.operator(box).account, wish)
    click.echo(made.secret)


@keys.command("list")
@_JSON
@plainly
def list_keys(in_json: bool) -> None:  # noqa: FBT001  click passes flags so
    """List the keys."""
    from appliance.services.access import accounts
    from appliance.services.access import keys as service

    box = this_box()
    found = service.list_keys(box, accounts.operator(box).account)
    rows = [
        {
            "id": key.id,
            "name": key.name,
            "key": key.hint,
            "environment": key.environment,
            "scopes": sorted(key.scopes),
            "created_at": iso(key.created_at),
            "last_used_at": iso(key.last_used_at) if key.last_used_at else None,
            "status": "revoked" if key.revoked_at else "active",
        }
        for key in found
    ]
    if in_json:
        as_json(rows)
        return
    shown = ("id", "name", "key", "environment", "created_at", "last_used_at", "status")
    table(shown, [[row[column] or "–" for column in shown] for row in rows])


@keys.command("revoke")
@click.argument("key")
@plainly
def revoke_key(key: str) -> None:
    """Stop a key (its id, or the start of the key itself) from the next request on."""
    from appliance.services.access import accounts
    from appliance.services.access import keys as service

    box = this_box()
    service.revoke_key(box, accounts.operator(box).account, key)
    click.echo("Revoked.")


@click.group()
def credits() -> None:
    """Credits of the account."""


@credits.command("grant")
@click.argument("amount", type=click.IntRange(1))
@click.option("--reason", default="granted by the admin", show_default=True)
@_ENVIRONMENT
@plainly
def grant(amount: int, reason: str, environment: str | None) -> None:
    """Give the account AMOUNT credits."""
    from appliance.services.access import accounts
    from appliance.services.money import ledger as service
    from appliance.services.money.pricing import in_credits

    box = this_box()
    worth = Money(usd(box.settings.billing.credit_usd).micros * amount)
    account = accounts.operator(box).account
    where = Environment(environment or "live")
    left = service.grant(box, account, worth, environment=where, reason=reason)
    click.echo(f"{in_credits(box, left)} credits free")


@click.group()
def ledger() -> None:
    """The books."""


@ledger.command("verify")
@plainly
def verify() -> None:
    """Check every invariant of the ledger; exit status 1 if one is broken."""
    from appliance.services.money import ledger as service

    faults = service.faults(this_box().db)
    for fault in faults:
        click.echo(fault, err=True)
    if faults:
        raise SystemExit(1)
    click.echo("The books are in order.")


@click.command()
@_JSON
@plainly
def doctor(in_json: bool) -> None:  # noqa: FBT001  click passes flags so
    """Check what the appliance needs, and say how to mend what is missing."""
    from appliance.cli.checks import checks

    found = checks(this_box())
    if in_json:
        as_json([{"check": c.name, "ok": c.ok, "says": c.says} for c in found])
    else:
        table(("", "check", ""), [["ok" if c.ok else "!!", c.name, c.says] for c in found])
    raise SystemExit(0 if all(c.ok for c in found if c.needed) else 1)


@click.command()
@plainly
def openapi() -> None:
    """Print the OpenAPI document."""
    from appliance.web.app import create_app

    as_json(create_app(this_box()).extensions["published"].spec.to_dict())
