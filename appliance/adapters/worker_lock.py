"""Which workers live: each holds a lock on a file from its start to its end, however it ends."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from appliance.core.clock import SYSTEM_CLOCK

_LOOK_S = 0.02


class AlreadyRunning(Exception):
    """Another worker holds the lock."""


@contextmanager
def held(file: Path, *, patience_s: float = 1.0) -> Iterator[None]:
    """Hold the lock while the block runs. Raises AlreadyRunning if it does not come free in time,
    which is longer than anybody takes to look whether it is.
    """
    handle = os.open(file, os.O_CREAT | os.O_RDWR, 0o600)
    deadline = time.monotonic() + patience_s
    try:
        while not _locked(handle, fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                raise AlreadyRunning("A worker of this appliance is running already.")
            SYSTEM_CLOCK.sleep(_LOOK_S)
        yield
    finally:
        os.close(handle)


@contextmanager
def vacant(file: Path) -> Iterator[bool]:
    """Whether nobody holds the lock. Nobody takes it while the block runs."""
    handle = os.open(file, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        yield _locked(handle, fcntl.LOCK_SH)
    finally:
        os.close(handle)


def _locked(handle: int, how: int) -> bool:
    try:
        fcntl.flock(handle, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
