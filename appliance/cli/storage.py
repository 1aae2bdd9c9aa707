"""`storage`: how much is kept, and where rows and files differ."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from appliance.cli.box import as_json, plainly, table, this_box

if TYPE_CHECKING:
    from appliance.services.files.storage import Difference

_JSON = click.option("--json", "in_json", is_flag=True, help="Print JSON.")
_DEEP = click.option("--deep", is_flag=True, help="Read every byte and compare digests.")


@click.group()
def storage() -> None:
    """Files: how much is kept, and whether rows and files agree."""


@storage.command("show")
@_JSON
@plainly
def show(in_json: bool) -> None:  # noqa: FBT001  click passes flags so
    """Show how much is stored, by folder and by account."""
    from appliance.services.files.storage import stored

    found = stored(this_box())
    if in_json:
        as_json(asdict(found))
        return
    table(("folder", "MB"), [[f"data/{name}", _mb(size)] for name, size in found.folders.items()])
    click.echo()
    table(
        ("account", "uploads MB", "outputs MB"),
        [[i, _mb(a.uploads_bytes), _mb(a.outputs_bytes)] for i, a in found.accounts.items()],
    )
    low = ", below the low-water mark: nothing new is accepted" if found.low else ""
    click.echo(f"\n{_mb(found.free_bytes)} MB are free{low}.")


@storage.command("check")
@_DEEP
@_JSON
@plainly
def check(deep: bool, in_json: bool) -> None:  # noqa: FBT001  click passes flags so
    """List where rows and files differ; exit status 1 if anywhere."""
    from appliance.services.files.storage import differences

    found = differences(this_box(), deep=deep)
    if in_json:
        as_json([asdict(each) for each in found])
    elif found:
        _print(found)
    else:
        click.echo("Rows and files agree.")
    raise SystemExit(1 if found else 0)


@storage.command("repair")
@_DEEP
@click.option("--force", is_flag=True, help="Also where every file of a folder is missing.")
@plainly
def repair(deep: bool, force: bool) -> None:  # noqa: FBT001  click passes flags so
    """Remove files without rows, and give up rows whose files are lost or altered."""
    from appliance.services.files import storage as service

    box = this_box()
    found = service.differences(box, deep=deep)
    service.repair(box, found, force=force)
    if found:
        _print(found)
    click.echo(f"{len(found)} repaired." if found else "Rows and files agree.")


def _print(found: list[Difference]) -> None:
    rows = [[d.trouble, f"data/{d.place}/{d.path}", d.bytes] for d in found]
    table(("trouble", "file", "bytes"), rows)


def _mb(size: int) -> str:
    return f"{size / 1e6:,.1f}"
