"""The lock file beside installed weights: where they came from, and the digest of each file.

Where a manifest pins digests itself those count, and the lock only tells the source; where it
cannot (a hub's branch), the lock is what `models verify` checks.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from appliance.core.model import LOCK, WeightFile


@dataclass(frozen=True)
class Lock:
    """What was installed: `source` in one word, `revision` a hub's commit or empty."""

    source: str
    revision: str
    files: tuple[WeightFile, ...]


def read_lock(folder: Path) -> Lock | None:
    """The lock in a model's folder; None where there is none that can be read."""
    try:
        kept = json.loads((folder / LOCK).read_text("utf-8"))
        files = tuple(WeightFile(f["name"], f["bytes"], f["sha256"]) for f in kept["files"])
        return Lock(kept["source"], kept["revision"], files)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_lock(folder: Path, lock: Lock) -> None:
    """Put the lock into a folder that is not in place yet."""
    text = json.dumps({**asdict(lock), "files": [_kept(each) for each in lock.files]}, indent=1)
    with (folder / LOCK).open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _kept(file: WeightFile) -> dict[str, str | int]:
    return {"name": file.name, "bytes": file.bytes, "sha256": file.sha256}
