"""Writes manifests: for weights that an operator brings, and for tests."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from appliance.adapters.digests import sha256_of
from appliance.core.model import (
    HubSource,
    LocalSource,
    Model,
    PackageSource,
    Source,
    WeightFile,
)
from appliance.core.progress import Progress, silent_progress

_TEXTS = ("title", "ability", "engine", "runtime", "layout", "licence", "licence_note")
_MORE = ("quality", "family", "can", "gated", "starter", "verified", "disk_mb")


def weigh(folder: Path, progress: Progress | None = None) -> tuple[WeightFile, ...]:
    """Every file under `folder`, by name, with its size and SHA-256. Hidden ones are left out."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    names = [path.relative_to(folder) for path in found]
    shown = [n for n in names if not any(part.startswith(".") for part in n.parts)]
    total = sum((folder / name).stat().st_size for name in shown) or 1
    tell, weighed, done = progress or silent_progress(), [], 0
    for name in shown:
        size = (folder / name).stat().st_size
        weighed.append(WeightFile(name.as_posix(), size, sha256_of(folder / name)))
        done += size
        tell(done / total, step=done, steps=total)
    return tuple(weighed)


def manifest_text(model: Model, beside: Path | None = None) -> str:
    """The TOML that `read_manifest` reads back as `model` when it lies in the folder `beside`;
    without one, in that of the model's own folder.
    """
    values = {key: getattr(model, key) for key in (*_TEXTS, *_MORE)}
    lines = [_line(key, value) for key, value in values.items() if value]
    lines += [_line(key, getattr(model, key)) for key in ("commercial_use", "memory_mb")]
    if model.folder != (beside or model.folder.parent) / model.id:
        lines.append(_line("folder", str(model.folder)))
    lines += _table("memory", model.memory)
    for source in model.sources:
        lines += _source(source)
    lines += _table("defaults", vars(model.native))
    lines += _table("options", model.options)
    for each in model.files:
        lines += ["", "[[files]]", *_lines(vars(each))]
    return "\n".join(lines) + "\n"


def _source(source: Source) -> Iterator[str]:
    yield from ("", "[[sources]]")
    if isinstance(source, HubSource):
        yield from _lines({"hub": source.repo, **vars(source)}, leave_out="repo")
    elif isinstance(source, LocalSource):
        yield _line("path", str(source.path))
    else:
        yield from _lines(vars(source), leave_out="packages")
    if isinstance(source, PackageSource):
        for package in source.packages:
            yield from ("", "[[sources.packages]]", *_lines(vars(package)))


def _table(name: str, values: Mapping[str, object]) -> list[str]:
    return ["", f"[{name}]", *_lines(values)] if values else []


def _lines(values: Mapping[str, object], *, leave_out: str = "") -> list[str]:
    given = {key: value for key, value in values.items() if value not in (None, "", ())}
    return [_line(key, value) for key, value in given.items() if key != leave_out]


def _line(key: str, value: object) -> str:
    # JSON's texts, numbers, booleans and lists are TOML's too, once DEL is escaped.
    text = json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return f"{json.dumps(key)} = {text}"
