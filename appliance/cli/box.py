"""Opening the box from the command line, with errors as sentences."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import click

from appliance.core.errors import ApplianceError
from appliance.services.box import Box

P = ParamSpec("P")
R = TypeVar("R")


def this_box(overrides: Mapping[str, str] | None = None) -> Box:
    """The box of APPLIANCE_HOME, brought up to date."""
    from appliance.adapters.home import process_environment
    from appliance.operations import discover
    from appliance.services.box import open_box

    return open_box({**process_environment(), **(overrides or {})}, discover())


def plainly(command: Callable[P, R]) -> Callable[P, R]:
    """Let errors meant for people end the command as one sentence and exit status 1."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        from appliance.adapters.config import SettingsError

        try:
            return command(*args, **kwargs)
        except (ApplianceError, SettingsError) as error:
            raise click.ClickException(str(error)) from None

    return run


def as_json(rows: object) -> None:
    """Print for programs."""
    json.dump(rows, sys.stdout, indent=2, ensure_ascii=False)
    click.echo()


def table(headings: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print for people: aligned columns, or that there is nothing."""
    if not rows:
        click.echo("none")
        return
    texts = [[str(cell) for cell in row] for row in (headings, *rows)]
    widths = [max(len(row[column]) for row in texts) for column in range(len(headings))]
    for row in texts:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo(line.rstrip())
