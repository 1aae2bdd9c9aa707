"""Weights from a folder or file of this machine: a stick, another box, a download by hand."""

from __future__ import annotations

import os
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from appliance.adapters.digests import sha256_of
from appliance.adapters.manifest_names import is_inside
from appliance.adapters.weights.archives import ENDINGS, unpack
from appliance.adapters.weights.bundled import from_bundle, is_bundle
from appliance.adapters.weights.faults import InstallFailed, WrongContent
from appliance.core.model import HubSource, Model, WeightFile
from appliance.core.progress import Progress

_CHUNK = 8 << 20


def from_disk(path: Path, model: Model, folder: Path, progress: Progress) -> tuple[WeightFile, ...]:
    """Copy a model's files from `path` into `folder`; what they are.

    `path`: a folder that holds them under their names, a folder of the packages they come in, one
    such package, a bundle, or the only file of a model. Where the manifest pins no digests, those
    of the copies are taken. Raises InstallFailed, WrongContent.
    """
    if not path.exists():
        raise InstallFailed(f"{path} does not exist.")
    if path.is_file() and is_bundle(path):
        return from_bundle(path, model, folder, progress)
    archives = _archives(path)
    if archives and any(each.inside for each in model.files):
        unpack(archives, model.files, folder, progress)
        return model.files
    found = _found(path, model)
    total, done = sum(each.stat().st_size for each in found.values()), 0
    for name, each in found.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        done = _copy(each, target, (done, total), progress)
    return _checked(model.files, folder) if model.files else _weighed(found, folder)


def _archives(path: Path) -> list[Path]:
    candidates = sorted(path.iterdir()) if path.is_dir() else [path]
    return [each for each in candidates if each.name.endswith(ENDINGS)]


def _found(path: Path, model: Model) -> dict[str, Path]:
    """Each of the model's files by its name."""
    if path.is_file():
        if len(model.files) > 1:
            raise InstallFailed(f"{model.id} has {len(model.files)} files; name their folder.")
        return {model.files[0].name if model.files else path.name: path}
    if model.files:
        missing = [each.name for each in model.files if not (path / each.name).is_file()]
        if missing:
            raise InstallFailed(f"{path} has no {', '.join(missing[:3])}; {model.id} needs it.")
        return {each.name: path / each.name for each in model.files}
    return _matching(path, model)


def _matching(path: Path, model: Model) -> dict[str, Path]:
    patterns = [p for s in model.sources if isinstance(s, HubSource) for p in s.patterns] or ["*"]
    names = {each.relative_to(path).as_posix(): each for each in path.rglob("*") if each.is_file()}
    found = {
        name: each
        for name, each in sorted(names.items())
        if is_inside(name) and any(fnmatchcase(name, pattern) for pattern in patterns)
    }
    if not found:
        raise InstallFailed(f"{path} has none of the files {', '.join(patterns)} of {model.id}.")
    return found


def _copy(source: Path, target: Path, counted: tuple[int, int], progress: Progress) -> int:
    done, total = counted
    with source.open("rb") as reading, target.open("wb") as writing:
        while chunk := reading.read(_CHUNK):
            done += writing.write(chunk)
            progress(done / max(total, 1), step=done, steps=total)
        writing.flush()
        os.fsync(writing.fileno())
    return done


def _checked(files: Sequence[WeightFile], folder: Path) -> tuple[WeightFile, ...]:
    for each in files:
        if sha256_of(folder / each.name) != each.sha256:
            raise WrongContent(
                f"{each.name} is not the file this model was made for: its SHA-256 should be"
                f" {each.sha256}. Nothing was installed."
            )
    return tuple(files)


def _weighed(names: dict[str, Path], folder: Path) -> tuple[WeightFile, ...]:
    return tuple(
        WeightFile(name, (folder / name).stat().st_size, sha256_of(folder / name)) for name in names
    )
