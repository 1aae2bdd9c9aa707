"""The `appliance` command and what it groups."""

from __future__ import annotations

import click

from appliance import __version__
from appliance.cli.access import accounts, apps, keys
from appliance.cli.admin import doctor, init, openapi
from appliance.cli.bench.command import bench
from appliance.cli.bundle import bundle
from appliance.cli.characters import characters
from appliance.cli.demo.command import demo
from appliance.cli.jobs import jobs
from appliance.cli.memory import free, load
from appliance.cli.models import models
from appliance.cli.money import credits, ledger
from appliance.cli.processes import start, web, worker
from appliance.cli.run import run
from appliance.cli.storage import storage


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="appliance")
def main() -> None:
    """Studio Appliance: make and mend media on your own machine."""


for _command in (
    init,
    start,
    web,
    worker,
    run,
    jobs,
    keys,
    apps,
    accounts,
    credits,
    models,
    bundle,
    characters,
    doctor,
    openapi,
    ledger,
    storage,
    demo,
    bench,
):
    main.add_command(_command)
models.add_command(free)
models.add_command(load)
