"""Engines by name: `upscaling.realesrgan` is the `ENGINE` of `engines/upscaling/realesrgan.py`.

A file is imported when a model asks for its engine and not before, so a media child that holds only
light engines never loads torch.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol

from appliance.adapters.engine_names import engine_names
from appliance.core.abilities.key import AbilityKey
from appliance.core.model import Model

# Set before any library that could reach for the network is imported.
OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "DIFFUSERS_OFFLINE": "1"}


@dataclass(frozen=True)
class Device:
    """Where an engine computes: `name` "cpu" or "cuda", `dtype` its working precision there.

    `spread`: only the part at work is on the GPU, the others wait in the machine's memory.
    """

    name: str = "cpu"
    dtype: str = "float32"
    spread: bool = False


CPU = Device()


@dataclass(frozen=True)
class Engine:
    """One implementation of an ability. `load` gives the object that offers it (it may be
    Thrifty). `spreads`: it heeds `Device.spread`.
    """

    name: str
    ability: AbilityKey[Any]
    runtime: str
    layouts: tuple[str, ...]
    load: Callable[[Model, Device], object]
    spreads: bool = False


class Thrifty(Protocol):
    """An offer that can do its work in less memory, more slowly."""

    def thrift(self, level: int) -> bool:
        """Work at this level of thrift from now on: 1, then 2 … each takes less memory.

        False: there is no such level, and nothing has changed.
        """
        ...


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
    """Names of all engines, told from their files; none is imported."""
    return engine_names()
