"""What goes into a bundle, and what of it goes onto a box. Its packages are install.sh's affair."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from appliance import __version__
from appliance.adapters.bundle import FACTS, Member, opened
from appliance.adapters.config import CHECKOUT
from appliance.adapters.manifest_draft import manifest_text
from appliance.adapters.manifest_names import MODEL_ID
from appliance.adapters.manifests import Shelf, installed
from appliance.core.clock import iso
from appliance.core.errors import InvalidInput, ModelNotInstalled, NotFound
from appliance.core.model import LOCK, Model
from appliance.core.progress import silent_progress
from appliance.services.box import Box
from appliance.services.models.installing import set_of

SOURCE = "studio-appliance"
# All there is of the source but the manifests in models/. The rest of that folder is the box's own.
_FOLDERS = ("appliance", "tests", "models/starter", ".ci", ".lock", ".systemd")
_FILES = (
    *("install.sh", "pyproject.toml", "config.toml", "README.md", "LICENSE"),
    *(".gitignore", ".justfile", ".pre-commit-config.yaml"),
)


def chosen(box: Box, ids: Sequence[str], *, every: bool) -> list[Model]:
    """The models to pack: the starter ones, and those named or every installed one.

    Raises NotFound, ModelNotInstalled.
    """
    known = {model.id: model for model in box.shelf.all()}
    names = {*set_of(box, starter=True, full=False), *ids}
    names |= {model.id for model in known.values() if every and installed(model)}
    if unknown := sorted(names - known.keys()):
        raise NotFound(f"There is no model {unknown[0][:80]!r}: appliance models list.")
    absent = sorted(name for name in names if not installed(known[name]))
    if absent:
        raise ModelNotInstalled(
            f"Not installed here, so not to be packed: {', '.join(absent)}."
            f" appliance models install {' '.join(absent)}"
        )
    return [known[name] for name in sorted(names)]


def members(box: Box, models: Sequence[Model], collected: Path) -> list[Member]:
    """Everything to pack. `collected`: what `install.sh --collect` fetched; bundle.toml and
    manifests are written there too.
    """
    facts = _facts(box, models, (collected / "facts.toml").read_text("utf-8"))
    (collected / FACTS).write_text(facts, "utf-8")
    packages = sorted(each for kind in ("wheels", "debs") for each in (collected / kind).iterdir())
    weights = [member for model in models for member in _weights(box, model, collected)]
    return [
        Member(FACTS, collected / FACTS),
        *source(CHECKOUT),
        *(Member(f"{each.parent.name}/{each.name}", each) for each in packages),
        *weights,
    ]


def _facts(box: Box, models: Iterable[Model], machine: str) -> str:
    mine = {"version": __version__, "made": iso(box.clock.now()), "models": [m.id for m in models]}
    return machine + "".join(f"{key} = {json.dumps(value)}\n" for key, value in mine.items())


def source(checkout: Path) -> Iterator[Member]:
    """The source of the appliance, with the manifests and weights that are shipped, without what a
    box made or fetched.
    """
    models = Shelf(checkout / "models").all()
    own = {model.id for model in models if not model.sources}
    fetched = {model.path(file.name) for model in models for file in model.files if file.inside}
    manifests = (checkout / "models").glob("*.toml")
    trees = (path for folder in _FOLDERS for path in (checkout / folder).rglob("*"))
    for file in (
        *(checkout / name for name in _FILES),
        *sorted(path for path in trees if path.is_file() and path not in fetched and _kept(path)),
        *sorted(path for path in manifests if path.stem not in own),
    ):
        yield Member(f"{SOURCE}/{file.relative_to(checkout).as_posix()}", file)


def _kept(path: Path) -> bool:
    return path.parent.name != "__pycache__" and path.name != LOCK


def _weights(box: Box, model: Model, collected: Path) -> Iterator[Member]:
    """A model's manifest, its lock and its files, wherever they lie here."""
    manifest = box.home.models / f"{model.id}.toml"
    if model.folder != box.home.models / model.id:
        manifest = collected / manifest.name
        manifest.write_text(manifest_text(replace(model, folder=Path(model.id))), "utf-8")
    yield Member(f"models/{model.id}.toml", manifest)
    if (model.folder / LOCK).exists():
        yield Member(f"models/{model.id}/{LOCK}", model.folder / LOCK)
    for file in model.files:
        yield Member(f"models/{model.id}/{file.name}", model.path(file.name), file.sha256)


def adopt(box: Box, file: Path) -> list[str]:
    """Ids of the models in a bundle, each known to the box afterwards. Raises InvalidInput."""
    with opened(file) as bundle:
        manifests = [each for each in bundle.sums if re.fullmatch(r"models/[^/]+\.toml", each)]
        places = {name: box.home.models / f"{_id(name)}.toml" for name in manifests}
        fresh = {name for name, place in places.items() if not place.exists()}
        for each in bundle.members(silent_progress(), fresh):
            each.copy(places[each.name])
    return [place.stem for place in places.values()]


def _id(name: str) -> str:
    model_id = name.removeprefix("models/").removesuffix(".toml")
    if not MODEL_ID.fullmatch(model_id):
        raise InvalidInput(f"The bundle holds a model of no possible name: {model_id[:80]!r}.")
    return model_id
