"""Having files on disk before a row says so: a power cut forgets what only the kernel remembers.

And having folders gone for good.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path


def sync_file(path: Path) -> None:
    """Have a file's bytes on disk. Takes as long as the disk does: never inside a transaction."""
    _sync(path, os.O_RDONLY)


def sync_folders(*folders: Path) -> None:
    """Have what was made, renamed and removed in these folders on disk."""
    for folder in folders:
        _sync(folder, os.O_RDONLY | os.O_DIRECTORY)


def put_away(folder: Path) -> None:
    """Remove a folder, if it is there, that a process on its way out may still write into.

    Under its name nothing comes to it any more, so that nothing is left of it.
    """
    gone = folder.with_name(f"{folder.name}.gone")
    shutil.rmtree(gone, ignore_errors=True)  # of one that was killed at this
    with suppress(FileNotFoundError):
        folder.rename(gone)
    shutil.rmtree(gone, ignore_errors=True)


def _sync(path: Path, how: int) -> None:
    handle = os.open(path, how)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
