"""One manifest, a TOML file, read into a Model; what is wrong with it is said by file and key.

A model's id is the file's name. `folder` (default: the id) is where the weights lie, beside the
manifest or anywhere else.
"""

from __future__ import annotations

import re
from pathlib import Path

from appliance.adapters.manifest_names import MODEL_ID, is_inside
from appliance.adapters.manifest_sources import sha256_of, sources_of
from appliance.adapters.manifest_table import Table, WrongManifest, toml_of
from appliance.adapters.weight_lock import Lock, read_lock
from appliance.core.model import HubSource, Model, Native, Quality, Source, WeightFile

_ENGINE = re.compile(r"[a-z_]+\.[a-z_0-9]+")
_TEXTS = ("title", "ability", "runtime", "layout", "licence")
_FLAGS = ("gated", "starter", "verified")
_KEYS = {
    *(*_TEXTS, *_FLAGS, "engine", "licence_note", "folder", "commercial_use"),
    *("memory_mb", "disk_mb", "can", "quality", "family"),
}
_TABLES = {"source", "sources", "files", "defaults", "memory", "options"}


def read_manifest(path: Path) -> Model:
    """The model a manifest states, with what the lock beside its weights adds.

    Raises WrongManifest naming the file and the key.
    """
    table = Table(path, toml_of(path))
    table.known(_KEYS | _TABLES)
    if not MODEL_ID.fullmatch(path.stem):
        raise WrongManifest(f"{path.name}: a file name is a model's id: only a-z 0-9 . _ - in it.")
    sources = sources_of(table)
    if "folder" in table.values and sources:
        raise table.wrong("folder", "left out: what has a source is installed beside its manifest")
    folder = path.parent / table.get("folder", str, default=path.stem)
    lock = read_lock(folder) if sources else None
    return Model(
        id=path.stem,
        **{key: table.get(key, str) for key in _TEXTS},
        **{key: table.get(key, bool, default=False) for key in _FLAGS},
        engine=_engine(table),
        folder=folder,
        files=_files(table, sources, lock),
        licence_note=table.get("licence_note", str, default=""),
        commercial_use=table.get("commercial_use", bool),
        can=table.texts("can"),
        quality=_quality(table),
        family=table.get("family", str, default=""),
        memory_mb=table.get("memory_mb", int),
        memory=table.numbers("memory"),
        disk_mb=table.get("disk_mb", int, default=0),
        sources=sources,
        installed_from=lock.source if lock else "",
        revision=lock.revision if lock else "",
        native=_native(table.table("defaults")),
        options=table.table("options").options(),
    )


def _engine(table: Table) -> str:
    engine: str = table.get("engine", str, default="")
    if engine and not _ENGINE.fullmatch(engine):
        raise table.wrong("engine", "of the form place.file, such as upscaling.realesrgan")
    return engine


def _quality(table: Table) -> Quality:
    quality = table.get("quality", str, default=Quality.STANDARD.value)
    if quality not in list(Quality):
        raise table.wrong("quality", f"one of {', '.join(Quality)}")
    return Quality(quality)


def _files(table: Table, sources: tuple[Source, ...], lock: Lock | None) -> tuple[WeightFile, ...]:
    """The manifest's own; where it leaves them to a hub, those of the lock."""
    listed = tuple(_file(each) for each in table.tables("files"))
    if listed:
        return listed
    if not any(isinstance(each, HubSource) for each in sources):
        raise table.wrong("files", "one table or more, [[files]], or a hub among the sources")
    return lock.files if lock else ()


def _file(table: Table) -> WeightFile:
    table.known({"name", "bytes", "sha256", "inside"})
    name = table.get("name", str)
    if not is_inside(name):
        raise table.wrong("name", "a path inside the model's folder")
    one = isinstance(table.values.get("inside"), str)
    inside = (table.get("inside", str),) if one else table.texts("inside")
    return WeightFile(name, table.get("bytes", int), sha256_of(table), inside)


def _native(table: Table) -> Native:
    table.known({"steps", "guidance", "sizes"})
    return Native(
        steps=table.get("steps", int) if "steps" in table.values else None,
        guidance=table.get("guidance", float) if "guidance" in table.values else None,
        sizes=_sizes(table),
    )


def _sizes(table: Table) -> tuple[tuple[int, int], ...]:
    sizes = table.values.get("sizes", [])
    if not isinstance(sizes, list) or not all(_is_size(each) for each in sizes):
        raise table.wrong("sizes", "a list of [width, height] in px")
    return tuple((width, height) for width, height in sizes)


def _is_size(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(type(n) is int for n in value)
