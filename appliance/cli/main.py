"""The `appliance` command and what it groups."""

from __future__ import annotations

import click

from appliance import __version__
from appliance.cli.admin import credits, doctor, init, keys, ledger, openapi
from appliance.cli.demo.command import demo
from appliance.cli.jobs import jobs
from appliance.cli.models import models
from appliance.cli.processes import start, web, worker
from appliance.cli.run import run


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
    credits,
    models,
    doctor,
    openapi,
    ledger,
    demo,
):
    main.add_command(_command)
