"""One manifest, a TOML file, read into a Model; what is wrong with it is said by file and key.

A model's id is the file's name. `folder` (default: the id) is where the weights lie, beside the
manifest or anywhere else.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path, PurePosixPath
from typing import Any

from appliance.core.errors import InvalidInput
from appliance.core.model import Model, Native, Source, WeightFile

_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}")
_ENGINE = re.compile(r"[a-z_]+\.[a-z_0-9]+")
_NAMES = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}
_TEXTS = ("title", "ability", "engine", "runtime", "layout", "licence")
_KEYS = {*_TEXTS, "licence_note", "folder", "commercial_use", "memory_mb"}
_TABLES = {"source", "files", "defaults", "options"}


class WrongManifest(InvalidInput):
    """A manifest that cannot be read; the message names the file and the key."""


def read_manifest(path: Path) -> Model:
    """The model a manifest states. Raises WrongManifest naming the file and the key."""
    table = _Table(path, _toml(path))
    table.known(_KEYS | _TABLES)
    if not _ID.fullmatch(path.stem):
        raise WrongManifest(f"{path.name}: a file name is a model's id: only a-z 0-9 . _ - in it.")
    if not _ENGINE.fullmatch(table.get("engine", str)):
        raise table.wrong("engine", "of the form place.file, such as upscaling.realesrgan")
    source = _source(table.table("source"))
    if "folder" in table.values and not source.local:
        raise table.wrong("folder", "left out: a package is installed beside its manifest")
    return Model(
        id=path.stem,
        **{key: table.get(key, str) for key in _TEXTS},
        folder=path.parent / table.get("folder", str, default=path.stem),
        files=tuple(_file(each) for each in table.tables("files")),
        licence_note=table.get("licence_note", str, default=""),
        commercial_use=table.get("commercial_use", bool),
        memory_mb=table.get("memory_mb", int),
        source=source,
        native=_native(table.table("defaults")),
        options=_options(table.table("options")),
    )


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise WrongManifest(f"{path.name} cannot be read: {error}") from error


class _Table:
    """One table of a manifest: typed look-ups whose errors say where."""

    def __init__(self, path: Path, values: dict[str, Any], prefix: str = "") -> None:
        self._path, self.values, self._prefix = path, values, prefix

    def wrong(self, key: str, must_be: str) -> WrongManifest:
        name = self._prefix + key
        return WrongManifest(f"{self._path.name}: {name} must be {must_be}.", field=name)

    def known(self, keys: set[str]) -> None:
        for key in self.values:
            if key not in keys:
                raise self.wrong(key, f"left out; known keys: {', '.join(sorted(keys))}")

    def get(self, key: str, kind: type, *, default: Any = None) -> Any:
        value = self.values.get(key, default)
        if kind is float and type(value) is int:
            value = float(value)
        if type(value) is not kind or (default is None and value == "") or _negative(value):
            raise self.wrong(key, _NAMES[kind])
        return value

    def table(self, key: str) -> _Table:
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            raise self.wrong(key, "a table")
        return _Table(self._path, value, f"{self._prefix}{key}.")

    def tables(self, key: str) -> list[_Table]:
        value = self.values.get(key)
        if not isinstance(value, list) or not value or not all(type(v) is dict for v in value):
            raise self.wrong(key, "one table or more, [[files]]")
        return [_Table(self._path, v, f"{key}[{n}].") for n, v in enumerate(value)]


def _negative(value: object) -> bool:
    return isinstance(value, int | float) and value < 0


def _file(table: _Table) -> WeightFile:
    table.known({"name", "bytes", "sha256", "inside"})
    name, sha256 = table.get("name", str), table.get("sha256", str)
    inside = PurePosixPath(name)
    if inside.is_absolute() or ".." in inside.parts or "\\" in name:
        raise table.wrong("name", "a path inside the model's folder")
    if not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise table.wrong("sha256", "64 hexadecimal digits in lower case")
    return WeightFile(
        name=name,
        bytes=table.get("bytes", int),
        sha256=sha256,
        inside=table.get("inside", str, default=""),
    )


def _source(table: _Table) -> Source:
    texts = ("package", "version", "python", "platform", "note")
    table.known({*texts, "download_bytes"})
    given = {key: table.get(key, str, default="") for key in texts}
    for key, regex in (("package", r"[A-Za-z0-9._-]*"), ("version", r"[A-Za-z0-9.+!_-]*")):
        # They become an argument of pip: one that began with a dash would be an option.
        if not re.fullmatch(regex, given[key]) or given[key].startswith("-"):
            raise table.wrong(key, "a package's name and exact version")
    if bool(given["package"]) != bool(given["version"]):
        raise table.wrong("version", "given together with package")
    return Source(**given, download_bytes=table.get("download_bytes", int, default=0))


def _native(table: _Table) -> Native:
    table.known({"steps", "guidance", "sizes"})
    return Native(
        steps=table.get("steps", int) if "steps" in table.values else None,
        guidance=table.get("guidance", float) if "guidance" in table.values else None,
        sizes=_sizes(table),
    )


def _sizes(table: _Table) -> tuple[tuple[int, int], ...]:
    sizes = table.values.get("sizes", [])
    if not isinstance(sizes, list) or not all(_is_size(each) for each in sizes):
        raise table.wrong("sizes", "a list of [width, height] in px")
    return tuple((width, height) for width, height in sizes)


def _is_size(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(type(n) is int for n in value)


def _options(table: _Table) -> dict[str, str | int | float | bool]:
    for key, value in table.values.items():
        if type(value) not in _NAMES:
            raise table.wrong(key, "a text, a number, or true or false")
    return dict(table.values)
