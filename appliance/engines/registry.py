"""Engines by name: `upscaling.realesrgan` is the `ENGINE` of `engines/upscaling/realesrgan.py`.

A file is imported when a model asks for its engine and not before, so a media child that holds only
light engines never loads torch.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from appliance.core.abilities.key import AbilityKey
from appliance.core.model import Model

# Set before any library that could reach for the network is imported.
OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "DIFFUSERS_OFFLINE": "1"}


@dataclass(frozen=True)
class Device:
    """Where an engine computes: `name` "cpu" or "cuda", `dtype` its working precision there."""

    name: str = "cpu"
    dtype: str = "float32"


CPU = Device()


@dataclass(frozen=True)
class Engine:
    """One implementation of an ability. `load` gives the object that offers it."""

    name: str
    ability: AbilityKey[Any]
    runtime: str
    layouts: tuple[str, ...]
    load: Callable[[Model, Device], object]


def engine(name: str) -> Engine:
    """The engine of this name, imported now. Raises LookupError if there is none."""
    if name not in names():
        raise LookupError(f"there is no engine {name}; known: {', '.join(names())}")
    os.environ.update(OFFLINE)
    declared = import_module(f"{__package__}.{name}").ENGINE
    assert isinstance(declared, Engine), f"{name} declares no Engine"
    assert declared.name == name, f"the ENGINE of {name} calls itself {declared.name}"
    return declared


def names() -> tuple[str, ...]:
    """Names of all engines, told from the files that declare an `ENGINE`; none is imported."""
    files = sorted(Path(__file__).parent.glob("*/*.py"))
    return tuple(f"{file.parent.name}.{file.stem}" for file in files if _declares(file))


def _declares(file: Path) -> bool:
    return "\nENGINE = " in file.read_text(encoding="utf-8")
