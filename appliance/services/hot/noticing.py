"""Which folders are hot, and which of the files in them have come whole."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from appliance.core.operation import Catalogue, Operation
from appliance.core.params import Field

PARAMS = "params.json"
_EMPTY_FACTOR = 20  # a file system may show a file long before its first byte
# What copying programs call a file on its way, and what file managers leave about.
_NOT_A_FILE = re.compile(
    r"[.~].*|.*~|.*\.(tmp|temp|part|partial|filepart|crdownload|download|swp|smbdelete\w*)"
    r"|params\.json|thumbs\.db|desktop\.ini|icon\r",
    re.IGNORECASE | re.DOTALL,
)


def folders_at_start(catalogue: Catalogue) -> list[str]:
    """The operations that get a folder at the start: light ones that one file is enough for."""
    return [each.name for each in catalogue if _light(each) and _file_alone(each)]


def _light(operation: Operation[Any]) -> bool:
    # One that is heavy at times wants to be told what is asked of it.
    free = not operation.needs and operation.sometimes is None
    return free and not operation.admin and not operation.likeness


def file_field(operation: Operation[Any]) -> Field | None:
    """The parameter that a dropped file is; None where an operation does not take exactly one."""
    files = [each for each in operation.fields if each.is_file]
    return files[0] if len(files) == 1 and not files[0].many else None


def _file_alone(operation: Operation[Any]) -> bool:
    main = file_field(operation)
    return main is not None and not any(
        each.required for each in operation.fields if each is not main
    )


def watched(root: Path, catalogue: Catalogue) -> Iterator[tuple[Path, Operation[Any]]]:
    """The folders that are watched: named like an operation that a dropped file can be for."""
    for operation in catalogue:
        folder = root / operation.name
        if not operation.admin and file_field(operation) and folder.is_dir():
            yield folder, operation


@dataclass
class Noticing:
    """Remembers how files looked; asked again and again. `settle_s`: how long one must stay as it
    is. No notices of the kernel: they do not come for what another machine writes to a share.
    """

    settle_s: float
    _seen: dict[Path, tuple[tuple[int, int, int], float]] = field(default_factory=dict)

    def settled(self, folder: Path, now_s: float) -> list[Path]:
        """The files of a folder that have come whole, the oldest first."""
        looks = {path: look for path in _candidates(folder) if (look := _look(path))}
        for path in [path for path in self._seen if path.parent == folder and path not in looks]:
            del self._seen[path]
        return sorted(
            (path for path, look in looks.items() if self._stands(path, look, now_s)),
            key=lambda path: (looks[path][1], path.name),
        )

    def _stands(self, path: Path, look: tuple[int, int, int], now_s: float) -> bool:
        known, since = self._seen.get(path, (None, now_s))
        if known != look:
            self._seen[path] = (look, now_s)
            return self.settle_s <= 0
        return now_s - since >= self.settle_s * (1 if look[0] else _EMPTY_FACTOR)


def _candidates(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if not _NOT_A_FILE.fullmatch(path.name)]


def _look(path: Path) -> tuple[int, int, int] | None:
    """Size, time of change and inode of a regular file; None for all else, links too."""
    try:
        status = path.lstat()
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(status.st_mode):
        return None
    return status.st_size, status.st_mtime_ns, status.st_ino
