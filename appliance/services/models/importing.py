"""Taking in weights that somebody already has: linked, not copied, with a manifest written."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from appliance.adapters.characters import FOLDER, character_text
from appliance.adapters.digests import sha256_of
from appliance.adapters.manifest_draft import manifest_text, weigh
from appliance.adapters.manifest_names import MODEL_ID, id_of
from appliance.adapters.weights.finding import INDEX, Candidate, found_in, pipeline_family
from appliance.adapters.weights.headers import PICKLES, read_header
from appliance.adapters.weights.recognise import Recognised, What, recognise
from appliance.core.character import Character
from appliance.core.errors import (
    ApplianceError,
    Conflict,
    InvalidInput,
    UnsupportedMedia,
)
from appliance.core.model import Model, WeightFile
from appliance.core.progress import Progress
from appliance.services.box import Box

_ENGINE, _ABILITY = "diffusion.text_to_image", "image.text_to_image"
_MB = 1_000_000


@dataclass(frozen=True)
class Terms:
    """What whoever imports says of it. `model_id` None: made from the name."""

    model_id: str | None
    licence: str
    commercial_use: bool


@dataclass(frozen=True)
class Taken:
    """What became of one find."""

    name: str
    says: str
    imported: bool


def import_path(box: Box, path: Path, terms: Terms, progress: Progress) -> list[Taken]:
    """Take in what a path holds. Where it holds several things each is told what became of it.

    Raises InvalidInput, UnsupportedMedia, BrokenMedia, Conflict for a single thing.
    """
    found = found_in(path.resolve())
    if not found:
        raise InvalidInput(f"{path} holds no model: no .safetensors, no {INDEX}.")
    if len(found) == 1:
        return [_taken(box, found[0], terms, progress)]
    if terms.model_id:
        raise InvalidInput(f"{path} holds {len(found)} models: an id goes with one.")
    return list(_each(box, found, terms, progress))


def _each(box: Box, found: list[Candidate], terms: Terms, progress: Progress) -> Iterator[Taken]:
    for n, each in enumerate(found):
        with progress.part(n / len(found), (n + 1) / len(found)) as part:
            try:
                yield _taken(box, each, terms, part)
            except ApplianceError as refused:
                yield Taken(each.name, f"left: {refused}", imported=False)


def _taken(box: Box, found: Candidate, terms: Terms, progress: Progress) -> Taken:
    model_id = terms.model_id or id_of(found.name)
    if not MODEL_ID.fullmatch(model_id):
        raise InvalidInput(f"{model_id[:80]!r} is no id: only a-z 0-9 . _ - in it.")
    if found.is_folder:
        return _folder(box, found, (model_id, terms), progress)
    seen = recognise(read_header(found.path))
    if seen.what is What.LORA:
        return _character(box, found, (model_id, terms), seen)
    if seen.what is What.CHECKPOINT:
        return _checkpoint(box, found, (model_id, terms), seen)
    raise UnsupportedMedia(
        f"{found.name} is {_named(seen)}, which is not taken in by itself: a LoRA, a whole"
        " checkpoint or a diffusers folder is."
    )


def _named(seen: Recognised) -> str:
    if seen.what is What.UNKNOWN:
        return "of a kind unknown here"
    return f"a {seen.what} of {seen.family or 'some'} models"


def _folder(box: Box, found: Candidate, named: tuple[str, Terms], progress: Progress) -> Taken:
    family = pipeline_family(found.path)
    if family is None:
        raise UnsupportedMedia(f"{found.path / INDEX} names no pipeline that is known here.")
    pickles = sorted(p.name for p in found.path.rglob("*") if p.suffix.lower() in PICKLES)
    weights = sorted(found.path.rglob("*.safetensors"))
    if not weights:
        what = f"only pickles ({pickles[0]})" if pickles else "no weights"
        raise UnsupportedMedia(f"{found.path} holds {what}; it takes .safetensors.")
    for each in weights:
        read_header(each)
    files = tuple(
        each for each in weigh(found.path, progress) if Path(each.name).suffix not in PICKLES
    )
    model = _model(box, named, found.path, (files, "diffusers", family))
    _write(box, model)
    return Taken(found.name, f"model {model.id}, {family}", imported=True)


def _checkpoint(box: Box, found: Candidate, named: tuple[str, Terms], seen: Recognised) -> Taken:
    """A single file goes beside the configuration of its family, taken from an installed model."""
    model_id, _terms = named
    config = _config_of(box, seen.family)
    if config is None:
        raise InvalidInput(
            f"{found.name} is a {seen.family} checkpoint. It needs the configuration of its family:"
            f" install or import a diffusers folder of {seen.family} first, then import it again."
        )
    folder = box.home.models / model_id
    _check_free(box, model_id)
    folder.mkdir(parents=True)
    try:
        (folder / "model.safetensors").symlink_to(found.path)
        for each in _small(config):
            target = folder / "config" / each.relative_to(config)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(each.read_bytes())
        model = _model(box, named, folder, (weigh(folder), "single_file", seen.family))
        _write(box, model)
    except BaseException:
        shutil.rmtree(folder)
        raise
    return Taken(found.name, f"model {model.id}, {seen.family}", imported=True)


def _config_of(box: Box, family: str) -> Path | None:
    """A diffusers folder of the family, for its small files."""
    for model in box.shelf.all():
        whole = model.layout == "diffusers" and (model.folder / INDEX).is_file()
        if whole and family in (model.family, pipeline_family(model.folder)):
            return model.folder
    return None


def _small(config: Path) -> list[Path]:
    heavy = {".safetensors", ".onnx", ".msgpack", *PICKLES}
    files = [each for each in config.rglob("*") if each.is_file()]
    return [
        each for each in files if each.suffix.lower() not in heavy and not each.name.startswith(".")
    ]


def _character(box: Box, found: Candidate, named: tuple[str, Terms], seen: Recognised) -> Taken:
    model_id, terms = named
    if not seen.family:
        raise UnsupportedMedia(f"{found.name} is a LoRA of a family that is not known here.")
    path = box.home.models / FOLDER / f"{model_id}.toml"
    if path.exists():
        raise Conflict(f"There is a character {model_id} already; give it another --id.")
    size = found.path.stat().st_size
    character = Character(
        id=model_id,
        name=Path(found.name).stem,
        base_model=seen.family,
        folder=found.path.parent,
        file=WeightFile(found.path.name, size, sha256_of(found.path)),
        licence=terms.licence,
        commercial_use=terms.commercial_use,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(character_text(character), "utf-8")
    return Taken(found.name, f"character {model_id}, {seen.family}", imported=True)


def _model(
    box: Box,
    named: tuple[str, Terms],
    folder: Path,
    seen: tuple[tuple[WeightFile, ...], str, str],
) -> Model:
    model_id, terms = named
    files, layout, family = seen
    _check_free(box, model_id, folder)
    memory = sum(each.bytes for each in files) * 5 // 4 // _MB
    return Model(
        id=model_id,
        title=model_id,
        ability=_ABILITY,
        engine=_ENGINE,
        runtime="torch",
        layout=layout,
        folder=folder,
        files=files,
        licence=terms.licence,
        commercial_use=terms.commercial_use,
        memory_mb=memory,
        family=family,
    )


def _check_free(box: Box, model_id: str, own: Path | None = None) -> None:
    folder = box.home.models / model_id
    if (box.home.models / f"{model_id}.toml").exists() or (folder.exists() and folder != own):
        raise Conflict(f"There is a model {model_id} already; give it another --id.")


def _write(box: Box, model: Model) -> None:
    box.home.models.mkdir(parents=True, exist_ok=True)
    (box.home.models / f"{model.id}.toml").write_text(
        manifest_text(model, box.home.models), "utf-8"
    )
