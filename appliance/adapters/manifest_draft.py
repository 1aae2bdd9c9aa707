"""Writes manifests: for weights that an operator brings, and for tests."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from appliance.core.model import Model, WeightFile


def weigh(folder: Path) -> tuple[WeightFile, ...]:
    """Every file under `folder`, by name, with its size and SHA-256. Hidden ones are left out."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    names = [path.relative_to(folder) for path in found]
    return tuple(
        _weighed(folder, name)
        for name in names
        if not any(part.startswith(".") for part in name.parts)
    )


def _weighed(folder: Path, name: Path) -> WeightFile:
    with (folder / name).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return WeightFile(name.as_posix(), (folder / name).stat().st_size, digest)


def manifest_text(model: Model) -> str:
    """The TOML that `read_manifest` reads back as `model` when it lies beside `model.folder`."""
    top = ("title", "ability", "engine", "runtime", "layout", "licence", "licence_note")
    lines = [_line(key, getattr(model, key)) for key in (*top, "commercial_use", "memory_mb")]
    if model.folder.name != model.id:
        lines.append(_line("folder", str(model.folder)))
    lines += _table("source", vars(model.source))
    lines += _table("defaults", vars(model.native))
    lines += _table("options", model.options)
    for each in model.files:
        lines += ["", "[[files]]", *(_line(key, value) for key, value in vars(each).items())]
    return "\n".join(lines) + "\n"


def _table(name: str, values: object) -> list[str]:
    assert isinstance(values, dict)
    return ["", f"[{name}]", *(_line(k, v) for k, v in values.items() if v not in (None, "", ()))]


def _line(key: str, value: object) -> str:
    # JSON's texts, numbers, booleans and lists are TOML's too, once DEL is escaped.
    text = json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return f"{json.dumps(key)} = {text}"
