"""Weights that somebody already has: single files, diffusers folders, and the folders in which
ComfyUI, A1111 and hub caches keep them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from appliance.adapters.manifest_names import FAMILIES
from appliance.adapters.weights.headers import PICKLES

INDEX = "model_index.json"
# Where other programs keep what can be taken in, under their own folder.
_SHELVES = (
    *("models/checkpoints", "models/loras", "models/Stable-diffusion", "models/Lora"),
    *("models/diffusers", "checkpoints", "loras", "Stable-diffusion", "Lora"),
)


@dataclass(frozen=True)
class Candidate:
    """Something that may be taken in. `name`: as a person would call it."""

    name: str
    path: Path

    @property
    def is_folder(self) -> bool:
        """Whether it is a diffusers folder."""
        return self.path.is_dir()


def found_in(path: Path) -> list[Candidate]:
    """What a path holds: itself, or everything on the shelves of another program."""
    if path.is_file():
        return [Candidate(path.name, path)]
    if (path / INDEX).is_file():
        return [Candidate(path.name, path)]
    cached = _cached(path)
    if cached:
        return cached
    shelves = [path / shelf for shelf in _SHELVES if (path / shelf).is_dir()] or [path]
    return [each for shelf in shelves for each in _on(shelf)]


def pipeline_family(folder: Path) -> str | None:
    """The family of a diffusers folder; None if it makes no pictures from words as far as known."""
    try:
        index = json.loads((folder / INDEX).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    name = index.get("_class_name") if isinstance(index, dict) else None
    return FAMILIES.get(str(name))


def _on(shelf: Path) -> list[Candidate]:
    files = [each for each in sorted(shelf.rglob("*")) if each.is_file()]
    folders = [each.parent for each in files if each.name == INDEX]
    wanted = [
        each
        for each in files
        if each.suffix.lower() in {".safetensors", *PICKLES}
        and not any(folder in each.parents for folder in folders)
    ]
    return [Candidate(each.name, each) for each in (*folders, *wanted)]


def _cached(path: Path) -> list[Candidate]:
    """The newest snapshot of each model in a hub cache, or of the one that `path` is."""
    repos = [path] if path.name.startswith("models--") else sorted(path.glob("models--*"))
    found = []
    for repo in repos:
        snapshots = sorted((repo / "snapshots").glob("*"), key=lambda each: each.stat().st_mtime)
        if snapshots:
            name = repo.name.removeprefix("models--").replace("--", "/")
            found += [_snapshot(name, snapshots[-1])]
    return found


def _snapshot(name: str, snapshot: Path) -> Candidate:
    singles = sorted(snapshot.glob("*.safetensors"))
    whole = (snapshot / INDEX).is_file() or len(singles) != 1
    return Candidate(name.rpartition("/")[2], snapshot if whole else singles[0])
