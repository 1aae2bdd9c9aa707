"""What runs inside a media child: a process without torch that may open customer files.

The worker hands it orders made of plain values. It reports progress to live.db itself, and is
killed to cancel.
"""

from __future__ import annotations

import ctypes
import fcntl
import multiprocessing
import os
import resource
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from appliance import media
from appliance.adapters.live import LiveBoard
from appliance.adapters.wake import ring
from appliance.core.abilities.key import AbilityKey
from appliance.core.batch import Item
from appliance.core.character import Character
from appliance.core.errors import ModelNotInstalled, ProcessingFailed
from appliance.core.files import Kind, Made, Upload
from appliance.core.ids import JobId
from appliance.core.model import Model
from appliance.core.operation import PNG, Operation, Output, PictureFormat, Published
from appliance.core.picture import Picture
from appliance.core.progress import Progress, Step
from appliance.core.provenance import still_generated
from appliance.engines import registry
from appliance.operations import discover
from appliance.worker.files import Naming, encode, files_in, sealed

_CLONE_NEWNET, _CLONE_NEWUSER = 0x40000000, 0x10000000
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Rules:
    """How a child is held: address space in MB, size of a file it writes in MB, niceness, pixels of
    one picture. `network`: it may reach outside, and then it opens no customer's file.
    """

    memory_mb: int
    file_mb: int
    nice: int
    picture_pixels: int
    network: bool = False


@dataclass(frozen=True)
class Order:
    """A light job for a child. `outside`: what offers abilities beyond the box, by name. `items`:
    what it gathers, if it does. `seconds`: of sound and video in its files.
    """

    job: JobId
    attempt: int
    operation: str
    params: Any
    models: Mapping[str, Model]
    naming: Naming
    live: Path
    web_bell: Path
    outside: Mapping[str, object] = field(default_factory=dict)
    items: tuple[Item, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True)
class Done:
    """What came of an order."""

    files: tuple[Made, ...]
    facts: Mapping[str, Any]
    warnings: tuple[str, ...]


class _State:
    """The child's own: its rules and the engines it has loaded, kept from order to order."""

    rules: Rules
    engines: dict[str, object]


def settle_in(rules: Rules) -> None:
    """Become a media child: limited, quiet, without network where the system allows it, and gone
    when the worker is.
    """
    _State.rules, _State.engines = rules, {}
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)  # tells of the forkserver's death
    _end_with_the_worker()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # pebble ends children by SIGTERM; the worker's own handler must not answer for them.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if not rules.network and libc.unshare(_CLONE_NEWNET) != 0:
        libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
    os.nice(rules.nice)
    limit = rules.memory_mb * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    if not rules.network:  # models are larger than anything made of a customer's file
        largest = rules.file_mb * 1024 * 1024
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    cv2.setNumThreads(1)


def _end_with_the_worker() -> None:
    """Have the system kill this process when the worker ends, in the middle of an order too.

    The forkserver outlives a killed worker for as long as a child of it works. The pipe by which
    multiprocessing lets a child notice its parent's end closes with the worker, and the signal
    waits for nobody's interpreter.
    """
    worker = multiprocessing.parent_process()
    assert worker is not None
    pipe = worker.sentinel
    fcntl.fcntl(pipe, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(pipe, fcntl.F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(pipe, fcntl.F_SETFL, fcntl.fcntl(pipe, fcntl.F_GETFL) | os.O_ASYNC)
    if not worker.is_alive():  # it ended before this was in force
        os.kill(os.getpid(), signal.SIGKILL)


def run_order(order: Order) -> Done:
    """Run a light operation and make its files."""
    operation = discover()[order.operation]
    order = replace(order, naming=_inheriting(order))
    output = operation.run(ChildContext(order), order.params)
    return Done(
        tuple(published.made() for published in output.files), dict(output.facts), output.warnings
    )


def _inheriting(order: Order) -> Naming:
    """Where and as what the job's files are made: of a generated picture, as generated ones, also
    by a tool that writes no metadata of its own.
    """
    origin = order.naming.origin
    inputs = files_in(order.params)
    for given in inputs:
        if given.kind is Kind.IMAGE:
            told = media.generated_as(given.path, limit_px=_State.rules.picture_pixels)
            origin = still_generated(origin, told)
    return replace(order.naming, origin=origin, inputs=inputs)


def decode_to(path: Path, array: Path) -> None:
    """Decode a customer's picture into a .npy file for the worker."""
    np.save(array, media.decode(path, limit_px=_State.rules.picture_pixels).pixels)


def encode_from(naming: Naming, array: Path, name: str, form: PictureFormat) -> Made:
    """Encode the worker's .npy file into one of the job's files; the array is removed."""
    picture = Picture(np.load(array))
    array.unlink()
    return encode(naming, picture, name, form)


class ChildContext:
    """The run context of a light job."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._live = LiveBoard(order.live)
        self._count = 0
        self.progress = Progress(self._report, lambda: None)

    def _report(self, step: Step) -> None:
        self._live.report(self._order.job, self._order.attempt, step)
        ring(self._order.web_bell, self._order.job)

    def picture(self, upload: Upload) -> Picture:
        """Decode a picture here."""
        return media.decode(upload.path, limit_px=_State.rules.picture_pixels)

    def has(self, key: AbilityKey[Any]) -> bool:
        """Whether a model of this ability was pinned at admission."""
        return key.name in self._order.models or key.name in self._order.outside

    def ability(self, key: AbilityKey[Any]) -> Any:
        """The engine, loaded once a child."""
        if key.name in self._order.outside:
            return self._order.outside[key.name]
        model = self._order.models.get(key.name)
        if model is None:
            raise ModelNotInstalled(f"No model for {key.title} is installed.")
        if model.id not in _State.engines:
            load = registry.engine(model.engine).load
            _State.engines[model.id] = load(model, registry.CPU)
        return _State.engines[model.id]

    def character(self, character_id: str) -> Character:
        """No LoRA is put onto a light model."""
        raise ProcessingFailed(f"No light model wears a character, so not {character_id} either.")

    def publish(
        self,
        picture: Picture,
        *,
        name: str,
        format: PictureFormat = PNG,
    ) -> Published:
        """Encode at once: this is a child already."""
        return self._published(encode(self._order.naming, picture, name, format))

    def scratch(self, name: str) -> Path:
        """A path in the attempt's folder."""
        return self._order.naming.path(name)

    def publish_file(self, path: Path, *, name: str, mime: str) -> Published:
        """Seal a file from `scratch`, under its final name."""
        final = path if path.name == name else path.rename(self._order.naming.path(name))
        return self._published(sealed(self._order.naming, final, mime))

    def _published(self, made: Made) -> Published:
        index, self._count = self._count, self._count + 1
        return Published(index, made.name, lambda: made)

    def items(self) -> tuple[Item, ...]:
        """As they stood when the job was claimed: all had ended."""
        return self._order.items

    def call(self, operation: Operation[Any], params: Any) -> Output:
        """Run another operation inside this job."""
        return operation.run(self, params)
