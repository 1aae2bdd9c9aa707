"""`models free`: dropping a model from the worker's memory."""

from __future__ import annotations

import click

from appliance.cli.box import plainly, this_box


@click.command("free")
@click.argument("model_id")
@plainly
def free(model_id: str) -> None:
    """Drop a model from the worker's memory, between two jobs."""
    from appliance.services import memory

    freed = memory.free(this_box(), model_id)
    click.echo(f"{model_id}: {freed.before_mb} MB were taken, {freed.after_mb} MB are now.")
