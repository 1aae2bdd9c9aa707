"""Writing ZIP archives of finished files. Pure Python."""

from __future__ import annotations

import csv
import shutil
import zipfile
from collections.abc import Callable, Iterable, Sequence
from io import StringIO
from itertools import count
from pathlib import Path, PurePosixPath

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_FIRST_DATE = (1980, 1, 1, 0, 0, 0)


def unique_names(names: Iterable[str]) -> list[str]:
    """The names, none twice whatever the case: the second cup.jpg is cup-2.jpg."""
    taken: set[str] = set()
    found = []
    for name in names:
        plain = PurePosixPath(name)
        wanted = name
        for number in count(2):
            if wanted.casefold() not in taken:
                break
            wanted = f"{plain.stem}-{number}{plain.suffix}"
        taken.add(wanted.casefold())
        found.append(wanted)
    return found


def pack(
    target: Path,
    files: Sequence[tuple[str, Path]],
    texts: Sequence[tuple[str, str]],
    each: Callable[[int], object],
) -> None:
    """Write an archive of files, stored as they are (pictures do not shrink), and of texts.

    Names must be safe and unique. `each` is told after every file how many there are.
    """
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for number, (name, path) in enumerate(files, 1):
            with path.open("rb") as source, archive.open(_entry(name), "w") as packed:
                shutil.copyfileobj(source, packed, 1 << 20)
            each(number)
        for name, text in texts:
            archive.writestr(_entry(name), text, zipfile.ZIP_DEFLATED)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _FIRST_DATE)
    entry.external_attr = 0o644 << 16
    return entry


def table(rows: Iterable[Sequence[object]]) -> str:
    """Rows as CSV (RFC 4180) that a spreadsheet opens: text that it would run begins with a quote
    mark, and the first character says that it is UTF-8.
    """
    text = StringIO("\ufeff")
    text.seek(1)
    writer = csv.writer(text)
    for row in rows:
        writer.writerow([_harmless(cell) for cell in row])
    return text.getvalue()


def _harmless(cell: object) -> object:
    if isinstance(cell, str) and cell.startswith(_FORMULA):
        return f"'{cell}"
    return "" if cell is None else cell
