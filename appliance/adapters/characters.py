"""Characters on the box: `models/characters/*.toml`, each with one .safetensors file.

    title = "Mira, the guide"
    base_model = "sdxl"             # family of the models it fits
    triggers = ["mira woman"]       # put before a prompt that lacks them
    licence = "CC-BY-4.0"
    commercial_use = true

    [unlock]                        # absent: open to every account
    jobs = 25                       # opens after so many completed jobs; or grant = true: by an
                                    # admin's grant only
    [[files]]
    name = "mira.safetensors"       # in characters/<id>/, or in `folder`
    bytes = 12345678
    sha256 = "…"

A character's id is the file's name.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

from appliance.adapters.manifest_names import FAMILIES
from appliance.adapters.manifest_table import Table, WrongManifest, toml_of
from appliance.core.character import Character
from appliance.core.model import Model, WeightFile

FOLDER = "characters"
_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_TEXTS = {"title", "base_model", "licence", "licence_note", "folder"}
_KEYS = {*_TEXTS, "triggers", "commercial_use", "unlock", "files"}


class Cast:
    """The characters under a models folder; read anew at each look, so a copied file counts."""

    def __init__(self, models: Path) -> None:
        self.folder = models / FOLDER

    def all(self) -> tuple[Character, ...]:
        """Every character with a right manifest, by id."""
        return tuple(each for each in self._each() if isinstance(each, Character))

    def faults(self) -> tuple[WrongManifest, ...]:
        """What is wrong with the others."""
        return tuple(each for each in self._each() if isinstance(each, WrongManifest))

    def find(self, character_id: str) -> Character | None:
        """The character of this id, if there is one with a right manifest."""
        return next((each for each in self.all() if each.id == character_id), None)

    def _each(self) -> list[Character | WrongManifest]:
        found: list[Character | WrongManifest] = []
        for path in sorted(self.folder.glob("*.toml")):
            try:
                found.append(read_character(path))
            except WrongManifest as fault:
                found.append(fault)
        return found


def read_character(path: Path) -> Character:
    """The character a manifest states. Raises WrongManifest naming the file and the key."""
    table = Table(path, toml_of(path))
    table.known(_KEYS)
    if not _ID.fullmatch(path.stem):
        raise WrongManifest(f"{path.name}: the file name is its id: only a-z 0-9 . _ - in it.")
    return Character(
        id=path.stem,
        name=table.get("title", str),
        base_model=table.get("base_model", str),
        folder=path.parent / table.get("folder", str, default=path.stem),
        file=_file(table),
        licence=table.get("licence", str),
        commercial_use=table.get("commercial_use", bool),
        triggers=table.texts("triggers"),
        licence_note=table.get("licence_note", str, default=""),
        unlock_jobs=_unlock_jobs(table),
    )


def character_text(character: Character) -> str:
    """The manifest that `read_character` reads as this character."""
    values: dict[str, Any] = {
        "title": character.name,
        "base_model": character.base_model,
        "triggers": list(character.triggers),
        "licence": character.licence,
        "licence_note": character.licence_note,
        "commercial_use": character.commercial_use,
        "folder": str(character.folder),
    }
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()]
    if character.unlock_jobs is None:
        lines += ["", "[unlock]", "grant = true"]
    elif character.unlock_jobs:
        lines += ["", "[unlock]", f"jobs = {character.unlock_jobs}"]
    file = character.file
    lines += ["", "[[files]]", f"name = {json.dumps(file.name, ensure_ascii=False)}"]
    lines += [f"bytes = {file.bytes}", f'sha256 = "{file.sha256}"']
    return "\n".join(lines) + "\n"


def present(character: Character) -> bool:
    """Whether its weights are here with the right byte count."""
    try:
        return character.path.stat().st_size == character.file.bytes
    except OSError:
        return False


def intact(character: Character) -> bool:
    """Whether its weights are those of the manifest. Reads every byte."""
    try:
        with character.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == character.file.sha256
    except OSError:
        return False


def family_of(model: Model) -> str:
    """The family a model belongs to, as characters name it; empty if that is not known.

    What its manifest states, or else what its diffusers folder says.
    """
    if model.family:
        return model.family
    beside = "config" if model.layout == "single_file" else ""
    try:
        index = json.loads((model.folder / beside / "model_index.json").read_text("utf-8"))
    except (OSError, ValueError):
        return ""
    return FAMILIES.get(str(index.get("_class_name")), "") if isinstance(index, dict) else ""


def _file(table: Table) -> WeightFile:
    files = table.tables("files")
    if len(files) != 1:
        raise table.wrong("files", "one table, [[files]]")
    file = files[0]
    file.known({"name", "bytes", "sha256"})
    name, sha256 = file.get("name", str), file.get("sha256", str)
    if Path(name).name != name or not name.endswith(".safetensors"):
        raise file.wrong("name", "the name of a .safetensors file")
    if not _SHA256.fullmatch(sha256):
        raise file.wrong("sha256", "64 hexadecimal digits in lower case")
    return WeightFile(name=name, bytes=file.get("bytes", int), sha256=sha256)


def _unlock_jobs(table: Table) -> int | None:
    rule = table.table("unlock")
    if set(rule.values) - {"jobs", "grant"} or len(rule.values) > 1:
        raise table.wrong("unlock", "either jobs = NUMBER or grant = true")
    if rule.get("grant", bool, default=False):
        return None
    jobs: int = rule.get("jobs", int, default=0)
    return jobs
