"""`bundle`: the whole appliance in one file, for a machine without a network."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
from tqdm import tqdm

from appliance.cli.box import plainly, this_box
from appliance.core.errors import Forbidden, ProcessingFailed
from appliance.core.progress import Progress, Step

_MOST_FAULTS = 20
_FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))


@click.group()
def bundle() -> None:
    """Everything in one file, for a machine without a network."""


@bundle.command("create")
@click.argument("file", type=click.Path(dir_okay=False, writable=True, path_type=Path))
@click.option("--models", "names", multiple=True, help="Models by id, with commas or repeated.")
@click.option("--all-installed", is_flag=True, help="Every model that is installed here.")
@plainly
def create(file: Path, names: tuple[str, ...], all_installed: bool) -> None:  # noqa: FBT001  click's
    """Pack source, wheels, .deb files and models into FILE, for a machine like this one.

    The starter models are always in it.
    """
    from appliance.adapters.bundle import write_bundle
    from appliance.services.bundle import chosen, members

    box = this_box()
    ids = [each for name in names for each in name.split(",") if each]
    models = chosen(box, ids, every=all_installed)
    target = file.absolute()
    if not target.parent.is_dir():
        raise click.UsageError(f"There is no folder {target.parent}.")
    with TemporaryDirectory(prefix=".bundle-", dir=box.home.data) as work:
        _collect(Path(work))
        with _shown("packing") as progress:
            size = write_bundle(target, members(box, models, Path(work)), progress)
    click.echo(f"{file}: {size / 1e6:.0f} MB, with {', '.join(model.id for model in models)}")
    for model in models:
        if not model.commercial_use:
            click.echo(f"! {model.id} is not for commercial use: {model.licence}")
    click.echo(f"There:  tar -xf {file.name} studio-appliance && cd studio-appliance")
    click.echo(f"        ./install.sh --offline ../{file.name}")


def _collect(into: Path) -> None:
    from appliance.adapters.config import CHECKOUT

    # install.sh knows what it would fetch, and from where.
    if subprocess.run([CHECKOUT / "install.sh", "--collect", into], check=False).returncode:
        raise ProcessingFailed("No bundle was made: the packages could not be fetched, see above.")


@bundle.command("verify")
@_FILE
@plainly
def verify(file: Path) -> None:
    """Compare every byte of a bundle with its digests; exit status 1 if something is wrong."""
    from appliance.adapters.bundle import faults, opened

    with opened(file) as held, _shown("checking") as progress:
        found = faults(held, progress)
        facts = {} if found else held.facts()
    for fault in found[:_MOST_FAULTS]:
        click.echo(fault)
    if found:
        raise click.ClickException(f"{file} is not whole: {len(found)} faults. Copy it again.")
    click.echo(f"{file} is whole: {len(held.sums)} files, {file.stat().st_size / 1e6:.0f} MB.")
    for name in ("version", "made", "system", "machine", "python", "torch"):
        click.echo(f"{name:<10}{facts[name]}")
    click.echo(f"{'models':<10}{', '.join(facts['models'])}")


@bundle.command("install")
@_FILE
@plainly
def install(file: Path) -> None:
    """Install the models of a bundle; every digest is checked."""
    from appliance.services.bundle import adopt
    from appliance.services.models.installing import installer

    box = this_box()
    for model_id in adopt(box, file):
        try:
            with _shown(model_id) as progress:
                installer(box).install(model_id, progress, given=file.absolute())
        except Forbidden as refused:
            click.echo(f"{model_id}: left out. {refused}")
        else:
            click.echo(f"{model_id}: installed")


@contextmanager
def _shown(name: str) -> Iterator[Progress]:
    """A bar of bytes on a terminal."""
    with tqdm(desc=name, unit="B", unit_scale=True, leave=False, disable=None) as bar:
        yield Progress(lambda step: _show(bar, step), lambda: None)


def _show(bar: tqdm[Any], step: Step) -> None:
    bar.total = step.steps or bar.total
    bar.update(step.step - bar.n)
