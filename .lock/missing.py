"""Names the pins of lock files that the running Python does not have in good order.

    .venv/bin/python .lock/missing.py .lock/base.txt torch==2.13.0

An argument with "==" in it is a pin, any other a lock file. Prints one pin a line, nothing when all
is in place. In good order means: the pinned version (a local part such as +cpu may follow it), and
every file of the package's RECORD there, in its size.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path


def pins(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """(name, version) of each pin; comments and empty lines are passed over."""
    for line in lines:
        pin = line.split("#")[0].strip()
        if pin:
            name, _, version = pin.partition("==")
            yield name, version


def in_good_order(name: str, version: str) -> bool:
    """Whether the package is installed in this version, with all its files."""
    try:
        found = distribution(name)
    except PackageNotFoundError:
        return False
    same = version in (found.version, found.version.partition("+")[0])
    return same and _is_whole(found)


def _is_whole(found: Distribution) -> bool:
    record = found.read_text("RECORD")
    if not record:
        return False
    rows = (row for row in csv.reader(record.splitlines()) if len(row) == 3 and row[2])
    return all(_has_size(Path(str(found.locate_file(path))), int(size)) for path, _, size in rows)


def _has_size(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size
    except OSError:
        return False


def _lines(argument: str) -> list[str]:
    return [argument] if "==" in argument else Path(argument).read_text("utf-8").splitlines()


def main(arguments: list[str]) -> None:
    """Print the pins among `arguments` that are not in good order."""
    for argument in arguments:
        for name, version in pins(_lines(argument)):
            if not in_good_order(name, version):
                sys.stdout.write(f"{name}=={version}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
