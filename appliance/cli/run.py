"""`run`: any operation from the command line, its options made from its params."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Any

import click
from tqdm import tqdm
from typing_extensions import override

from appliance.cli.box import plainly, this_box
from appliance.core.ids import new_ulid
from appliance.core.jobs import JobView, Request, State
from appliance.core.operation import Operation
from appliance.core.params import Field
from appliance.services.box import Box

_OPTION_TYPES: dict[type, Any] = {int: int, float: float, bool: bool, str: str}


class _Operations(click.Group):
    """A sub-command for each operation of the catalogue."""

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        from appliance.operations import discover

        return [operation.name for operation in discover() if not operation.gathers]

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        from appliance.operations import discover

        named = {each.name: each for each in discover() if not each.gathers}
        return _command(named[cmd_name]) if cmd_name in named else None


@click.command(cls=_Operations)
def run() -> None:
    """Run an operation here: `appliance run image.upscale --image cup.jpg --factor 2`."""


def _command(operation: Operation[Any]) -> click.Command:
    @plainly
    def call(**given: Any) -> None:
        _run(operation, given)

    options: list[click.Parameter] = [_option(field) for field in operation.fields]
    return click.Command(operation.name, callback=call, params=options, help=operation.title)


def _option(field: Field) -> click.Option:
    kind: Any = _OPTION_TYPES.get(field.type, click.Path(exists=True, dir_okay=False))
    if field.choice:
        kind = click.Choice([str(value) for value in field.choice.values])
    return click.Option(
        [f"--{field.name.replace('_', '-')}", field.name],
        type=kind,
        required=field.required,
        multiple=field.many,
        help=field.help,
    )


def _run(operation: Operation[Any], given: dict[str, Any]) -> None:
    from appliance.services.access import accounts
    from appliance.services.jobs.admission import admit

    box = this_box()
    actor = accounts.operator(box)
    raw = {
        field.name: _value(box, actor.account, field, given[field.name])
        for field in operation.fields
        if given[field.name] not in (None, ())
    }
    params = operation.read(raw, lenient=True)
    job = admit(
        box,
        Request(
            actor=actor,
            family="native",
            type=operation.name,
            operation=operation.name,
            params=params,
            price_entry=f"native.{operation.name}",
            request_id=f"req_{new_ulid()}",
            model=getattr(params, "model", None),
        ),
    ).job
    _report(box, _followed(box, job))


def _value(box: Box, account: Any, field: Field, given: Any) -> Any:
    if not field.is_file:
        return given
    paths = given if field.many else [given]
    kept = [_kept(box, account, Path(path)) for path in paths]
    return kept if field.many else kept[0]


def _kept(box: Box, account: Any, path: Path) -> Any:
    from appliance.services.files import uploads

    arrived = box.home.tmp / new_ulid()
    shutil.copyfile(path, arrived)
    with arrived.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return uploads.keep(box, account, arrived, name=path.name, sha256=digest)


def _followed(box: Box, job: JobView) -> JobView:
    from appliance.services.jobs import reading

    form = "{desc} {percentage:3.0f}% |{bar}|"
    with tqdm(total=1.0, desc=job.operation, bar_format=form, disable=None) as bar:
        while not job.state.final:
            box.clock.sleep(0.1)
            job = reading.job_by_id(box, job.id)
            bar.update(job.progress - bar.n)
    return job


def _report(box: Box, job: JobView) -> None:
    if job.state is not State.COMPLETED:
        raise click.ClickException(job.error.message if job.error else "The job was cancelled.")
    for warning in job.warnings:
        click.echo(f"warning: {warning}", err=True)
    for output in job.outputs:
        click.echo(box.home.outputs / output.path)
