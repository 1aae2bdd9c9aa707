"""`models load` and `free`: a model in the workers' memory before a job needs it, or no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from appliance.cli.box import plainly, this_box

if TYPE_CHECKING:
    from appliance.services.memory import Freed

_PATIENCE_S = 600.0  # weights of tens of gigabytes, from a slow disk


@click.command("free")
@click.argument("model_id")
@plainly
def free(model_id: str) -> None:
    """Drop a model from the worker's memory, between two jobs."""
    from appliance.services import memory

    freed = memory.free(this_box(), model_id)
    click.echo(_told(model_id, freed))


@click.command("load")
@click.argument("model_id")
@plainly
def load(model_id: str) -> None:
    """Load a model into the worker's memory, between two jobs."""
    from appliance.services import memory

    loaded = memory.load(this_box(), model_id, patience_s=_PATIENCE_S)
    click.echo(f"{_told(model_id, loaded)} Loading takes {loaded.load_s:g} s.")


def _told(model_id: str, freed: Freed) -> str:
    return f"{model_id}: {freed.before_mb} MB were taken, {freed.after_mb} MB are now."
