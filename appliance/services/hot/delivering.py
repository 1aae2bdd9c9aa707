"""Putting finished files beside where they were dropped, over nothing that is there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from appliance.adapters.failpoints import Point, reach

RESULTS = ".results"
_LONGEST = 150  # bytes of a name: a file system takes 255, and something is put behind it


def deliver(folder: Path, working: Path) -> None:
    """Move what lies in `<working>/….done` and `….failed` to `<folder>/done` and `failed`."""
    for how in ("done", "failed"):
        for ended in working.glob(f"*.{how}"):
            target = folder / how
            target.mkdir(mode=0o700, exist_ok=True)
            for path in _visible(ended):
                _move(path, target)
            shutil.rmtree(ended)


def _visible(ended: Path) -> list[Path]:
    """Results first, then the dropped file: who sees it in done/ finds its results there."""
    results = ended / RESULTS
    made = sorted(results.iterdir()) if results.is_dir() else []
    return [*made, *(path for path in ended.iterdir() if path.name[0] != ".")]


def _move(path: Path, folder: Path) -> None:
    for target in map(folder.joinpath, _names(path.name)):
        try:
            target.hardlink_to(path)
        except FileExistsError:
            if not target.samefile(path):  # else a crash came between the two
                continue
        reach(Point.HOT_LINKED)
        path.unlink()
        return


def _names(name: str) -> Iterator[str]:
    """The name, then cup-2.jpg, cup-3.jpg, and so on."""
    yield name
    plain = Path(name)
    for number in count(2):
        yield f"{short(plain.stem)}-{number}{short(plain.suffix, 20)}"


def short(name: str, longest: int = _LONGEST) -> str:
    """The beginning of a name, of so many bytes at most."""
    return os.fsdecode(os.fsencode(name)[:longest])
