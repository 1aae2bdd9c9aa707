"""The models the box knows, read from `<models>/*.toml`, and whether their weights are here.

Every process polls this, so a manifest is read again only when its file changed, and nothing here
needs torch or numpy.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from appliance.adapters.digests import sha256_of
from appliance.adapters.manifest_file import read_manifest
from appliance.adapters.manifest_table import WrongManifest
from appliance.core.model import LOCK, Model

_Stamp = tuple[int, int]


@dataclass(frozen=True)
class _Kept:
    """A manifest as it was read, with the stamps of it and of the lock beside its weights."""

    result: Model | WrongManifest
    stamps: tuple[_Stamp, _Stamp]


class Shelf:
    """The models of one folder. Cheap to ask often; each file is parsed when it changes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[Path, _Kept] = {}

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
        fresh: dict[Path, _Kept] = {}
        for path in sorted(self._folder.glob("*.toml")):
            known = self._read.get(path)
            same = known is not None and known.stamps == _stamps(path, known.result)
            fresh[path] = known if known and same else _kept(path)
        self._read = fresh
        return [kept.result for kept in fresh.values()]


def _kept(path: Path) -> _Kept:
    # Read twice, stamped in between: only the first reading tells where the lock lies, and what
    # changes after the stamp is read again the next time.
    stamps = _stamps(path, _read_or_fault(path))
    return _Kept(_read_or_fault(path), stamps)


def _stamps(path: Path, result: Model | WrongManifest) -> tuple[_Stamp, _Stamp]:
    lock = result.folder / LOCK if isinstance(result, Model) else path
    return _stamp(path), _stamp(lock)


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


def _stamp(path: Path) -> _Stamp:
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
        return sha256_of(path)
    except OSError:
        return ""
