"""The models the box knows, read from `<models>/*.toml`, and whether their weights are here.

Every process polls this, so a manifest is read again only when its file changed, and nothing here
needs torch or numpy.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from appliance.adapters.manifest_file import WrongManifest, read_manifest
from appliance.core.model import Model


class Shelf:
    """The models of one folder. Cheap to ask often; each file is parsed when it changes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[Path, tuple[tuple[int, int], Model | WrongManifest]] = {}

    def all(self) -> tuple[Model, ...]:
        """Every model with a right manifest, by id."""
        return tuple(each for each in self._each() if isinstance(each, Model))

    def faults(self) -> tuple[WrongManifest, ...]:
        """What is wrong with the other manifests: one error a file."""
        return tuple(each for each in self._each() if isinstance(each, WrongManifest))

    def find(self, model_id: str) -> Model | None:
        """The model of this id, if there is one with a right manifest."""
        return next((each for each in self.all() if each.id == model_id), None)

    def _each(self) -> list[Model | WrongManifest]:
        fresh: dict[Path, tuple[tuple[int, int], Model | WrongManifest]] = {}
        for path in sorted(self._folder.glob("*.toml")):
            stamp = _stamp(path)
            known = self._read.get(path)
            fresh[path] = known if known and known[0] == stamp else (stamp, _read_or_fault(path))
        self._read = fresh
        return [result for _stamp, result in fresh.values()]


def _read_or_fault(path: Path) -> Model | WrongManifest:
    try:
        return read_manifest(path)
    except WrongManifest as fault:
        return fault


def installed(model: Model) -> bool:
    """Whether all files of the model are here with the right byte count."""
    return bool(model.files) and all(_size(model.path(f.name)) == f.bytes for f in model.files)


def damaged(model: Model) -> tuple[str, ...]:
    """Names of files that are missing or whose SHA-256 differs. Reads every byte."""
    return tuple(f.name for f in model.files if _digest(model.path(f.name)) != f.sha256)


def _stamp(path: Path) -> tuple[int, int]:
    try:
        facts = path.stat()
    except OSError:
        return (0, -1)  # gone between listing and looking, or a dangling link: reading it will say
    return (facts.st_mtime_ns, facts.st_size)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
