"""Having files on disk before a row says so: a power cut forgets what only the kernel remembers."""

from __future__ import annotations

import os
from pathlib import Path


def sync_file(path: Path) -> None:
    """Have a file's bytes on disk. Takes as long as the disk does: never inside a transaction."""
    _sync(path, os.O_RDONLY)


def sync_folders(*folders: Path) -> None:
    """Have what was made, renamed and removed in these folders on disk."""
    for folder in folders:
        _sync(folder, os.O_RDONLY | os.O_DIRECTORY)


def _sync(path: Path, how: int) -> None:
    handle = os.open(path, how)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
