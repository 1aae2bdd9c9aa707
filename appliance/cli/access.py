"""`keys`, `apps`, `accounts`: who may use the appliance, and how much of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from appliance.cli.box import as_json, plainly, table, this_box
from appliance.core.clock import iso
from appliance.core.ids import AccountId
from appliance.services.box import Box

_JSON = click.option("--json", "in_json", is_flag=True, help="Print JSON.")
_ACCOUNT = click.option("--account", help="Its id; without it the first account.")
_NAME = click.option("--name", required=True, help="What it is called.")
_LIMIT = click.option(
    *("--limit", "limits"),
    multiple=True,
    metavar="NAME=VALUE",
    help='May repeat: generation="20 per 1 minute", concurrent_jobs=2, tools_an_hour=60.',
)
_QUOTA = click.option(
    *("--quota", "quota"),
    multiple=True,
    metavar="NAME=VALUE",
    help="A month; may repeat: calls=1000, usd=10.",
)

_IN_SNAKE = {"createdAt": "created_at", "expiresAt": "expires_at", "lastUsedAt": "last_used_at"}


@click.group()
def keys() -> None:
    """API keys."""


@keys.command("create")
@click.option("--name", default="cli", show_default=True, help="What the key is for.")
@click.option("--scopes", "--scope", multiple=True, help="May repeat, or a,b; else all but admin.")
@click.option("--tools", "--tool", multiple=True, help="Slugs it may run; may repeat, or a,b.")
@click.option("--app", help="Id of the app it belongs to.")
@_LIMIT
@_QUOTA
@click.option("--expires", "expiresAt", help="When it stops: 2027-01-31T18:00:00Z.")
@click.option("--test", "environment", flag_value="test", help="A key for the test balance.")
@_ACCOUNT
@plainly
def create_key(account: str | None, **given: Any) -> None:
    """Make a key and show it this once."""
    from appliance.services.access import keys as service
    from appliance.web.body import Body
    from appliance.web.keys_form import wish_of

    box = this_box()
    lists = {name: _parts(given.pop(name)) for name in ("scopes", "tools")}
    pairs = {name: _pairs(name, given.pop(name)) for name in ("limits", "quota")}
    values = {name: value for name, value in {**given, **lists, **pairs}.items() if value}
    wish = wish_of(Body(values, lenient=False))
    click.echo(service.create_key(box, _account(box, account), wish).secret)


@keys.command("list")
@_JSON
@_ACCOUNT
@plainly
def list_keys(in_json: bool, account: str | None) -> None:  # noqa: FBT001  click passes flags so
    """List the keys, newest first."""
    from appliance.services.access import keys as service
    from appliance.web.keys_form import shown

    box = this_box()
    found = [shown(key) for key in service.list_keys(box, _account(box, account))]
    rows = [{_IN_SNAKE.get(name, name): value for name, value in key.items()} for key in found]
    _print(rows, ("id", "name", "key", "environment", "app", "last_used_at", "status"), in_json)


@keys.command("revoke")
@click.argument("key")
@_ACCOUNT
@plainly
def revoke_key(key: str, account: str | None) -> None:
    """Stop a key (its id, or the start of the key itself) from the next request on."""
    from appliance.services.access import keys as service

    box = this_box()
    service.revoke_key(box, _account(box, account), key)
    click.echo("Revoked.")


@keys.command("rotate")
@click.argument("key")
@click.option(
    *("--overlap", "hours"),
    type=click.FloatRange(0, 24),
    default=24,
    show_default=True,
    help="Hours that the old key works on.",
)
@_ACCOUNT
@plainly
def rotate_key(key: str, hours: float, account: str | None) -> None:
    """Make a key's successor and show it this once."""
    from datetime import timedelta

    from appliance.services.access import keys as service

    box, overlap = this_box(), timedelta(hours=hours)
    click.echo(service.rotate_key(box, _account(box, account), key, overlap=overlap).secret)


@keys.command("rotate-links")
@click.option("--at-once", is_flag=True, help="Links given before stop now, all of them.")
@plainly
def rotate_links(at_once: bool) -> None:  # noqa: FBT001  click passes flags so
    """Sign links with a fresh key from now on; those given before hold until they expire."""
    from appliance.services.files.links import rotate_keys

    click.echo(f"Links are signed with {rotate_keys(this_box(), at_once=at_once)}.")


@click.group()
def apps() -> None:
    """Groups of keys, with limits and a quota for all of them together."""


@apps.command("create")
@_NAME
@_LIMIT
@_QUOTA
@_ACCOUNT
@plainly
def create_app(name: str, account: str | None, **given: Sequence[str]) -> None:
    """Make an app and print its id."""
    from appliance.core.limits import read_limits, read_quota
    from appliance.services.access import apps as service

    box = this_box()
    limits = read_limits(_pairs("limits", given["limits"]))
    quota = read_quota(_pairs("quota", given["quota"])) if given["quota"] else {}
    made = service.create_app(box, _account(box, account), service.AppWish(name, limits, quota))
    click.echo(made.id)


@apps.command("list")
@_JSON
@_ACCOUNT
@plainly
def list_apps(in_json: bool, account: str | None) -> None:  # noqa: FBT001  click passes flags so
    """List the apps, newest first."""
    from appliance.services.access import apps as service

    box = this_box()
    rows = [
        {
            "id": app.id,
            "name": app.name,
            "keys": app.keys,
            "limits": dict(app.limits),
            "quota": dict(app.quota),
            "created_at": iso(app.created_at),
        }
        for app in service.list_apps(box, _account(box, account))
    ]
    _print(rows, ("id", "name", "keys", "limits", "quota"), in_json)


@apps.command("delete")
@click.argument("app")
@_ACCOUNT
@plainly
def delete_app(app: str, account: str | None) -> None:
    """Delete an app and revoke its keys."""
    from appliance.services.access import apps as service

    box = this_box()
    service.delete_app(box, _account(box, account), app)
    click.echo("Deleted.")


@click.group()
def accounts() -> None:
    """The organisations on the box."""


@accounts.command("list")
@_JSON
@plainly
def list_accounts(in_json: bool) -> None:  # noqa: FBT001  click passes flags so
    """List the accounts, newest first."""
    from appliance.services.access import accounts as service

    rows = [
        {
            "id": account.id,
            "name": account.name,
            "plan": account.plan,
            "status": account.status.value,
            "created_at": iso(account.created_at),
        }
        for account in service.list_accounts(this_box())
    ]
    _print(rows, ("id", "name", "plan", "status", "created_at"), in_json)


@accounts.command("create")
@_NAME
@click.option("--plan", help="One of [plans]; without it enterprise.")
@plainly
def create_account(name: str, plan: str | None) -> None:
    """Make an account with an empty purse and print its id; its keys are made with --account."""
    from appliance.services.access import accounts as service

    click.echo(service.create_account(this_box(), name, plan).id)


@accounts.command("suspend")
@click.argument("account")
@plainly
def suspend_account(account: str) -> None:
    """Refuse an account's keys from the next request on; running jobs end as they would."""
    _change(account, status="suspended")
    click.echo("Suspended.")


@accounts.command("resume")
@click.argument("account")
@plainly
def resume_account(account: str) -> None:
    """Let a suspended account go on."""
    _change(account, status="active")
    click.echo("Active.")


@accounts.command("plan")
@click.argument("account")
@click.argument("plan")
@plainly
def plan_account(account: str, plan: str) -> None:
    """Give an account another plan."""
    _change(account, plan=plan)
    click.echo(f"On {plan}.")


def _change(account: str, *, plan: str | None = None, status: str | None = None) -> None:
    from appliance.services.access import accounts as service

    change = service.AccountChange(plan=plan, status=service.Status(status) if status else None)
    service.change_account(this_box(), AccountId(account), change)


def _account(box: Box, named: str | None) -> AccountId:
    from appliance.services.access import accounts as service

    return service.account(box, AccountId(named)).id if named else service.operator(box).account


def _parts(given: Sequence[str]) -> list[str]:
    return [part for each in given for part in each.split(",")]


def _pairs(option: str, given: Sequence[str]) -> dict[str, str | int]:
    """NAME=VALUE, where a whole number is one; USD stays text."""
    pairs: dict[str, str | int] = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not equals:
            raise click.BadParameter(f"{each!r} is not of the form NAME=VALUE.", param_hint=option)
        pairs[name] = int(value) if value.isdecimal() and name != "usd" else value
    return pairs


def _print(rows: Sequence[Mapping[str, Any]], shown: Sequence[str], in_json: bool) -> None:  # noqa: FBT001  as click passed it
    if in_json:
        as_json([dict(row) for row in rows])
    else:
        table(shown, [[_cell(row[column]) for column in shown] for row in rows])


def _cell(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={each}" for name, each in value.items()) or "–"
    return "–" if value is None else str(value)
