"""What is stored: how much, whose, and where rows and files differ."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from appliance.core.errors import Conflict
from appliance.core.ids import AccountId
from appliance.services.box import Box
from appliance.services.files import retention, uploads

_YOUNG_S = 3600  # a file that recent may be waiting for its row
_MANY = 10  # all of so many files lost: rather a disk that is not there


class Trouble(StrEnum):
    """How a row and a file differ: a file without a row, a row without its file, other bytes."""

    STRAY = "stray"
    LOST = "lost"
    ALTERED = "altered"


class Place(StrEnum):
    """The two folders whose files have rows."""

    OUTPUTS = "outputs"
    UPLOADS = "uploads"


@dataclass(frozen=True)
class Difference:
    """One file that is not as its row says. `path`: under the folder of its place."""

    trouble: Trouble
    place: Place
    path: str
    bytes: int


@dataclass(frozen=True)
class Held:
    """What one account keeps here. The same bytes uploaded twice count twice."""

    uploads_bytes: int
    outputs_bytes: int


@dataclass(frozen=True)
class Stored:
    """All that is stored: bytes by folder under data/, what rows say of accounts, and the disk."""

    folders: Mapping[str, int]
    accounts: Mapping[AccountId, Held]
    free_bytes: int
    low: bool


def held_by(box: Box, account: AccountId) -> Held:
    """What the account keeps, from counters that triggers keep."""
    row = box.db.row("SELECT uploads_bytes, outputs_bytes FROM account WHERE id = ?", (account,))
    return Held(*row) if row else Held(0, 0)


def stored(box: Box) -> Stored:
    """How much is stored. Looks at every file's size."""
    rows = box.db.rows("SELECT id, uploads_bytes, outputs_bytes FROM account ORDER BY id")
    folders = (box.home.outputs, box.home.uploads, box.home.tmp, box.home.hot)
    free = shutil.disk_usage(box.home.data).free
    return Stored(
        folders={each.name: sum(size for _, size, _ in _files(each)) for each in folders},
        accounts={AccountId(row[0]): Held(row[1], row[2]) for row in rows},
        free_bytes=free,
        low=free < box.settings.storage.low_water_mb * 1_000_000,
    )


def differences(box: Box, *, deep: bool = False) -> list[Difference]:
    """Where rows and files differ, both ways; `deep` reads every byte.

    Files younger than an hour and those of unfinished jobs are left out: their rows may be coming.
    """
    return [found for place in Place for found in _compared(box, place, deep=deep)]


def _compared(box: Box, place: Place, *, deep: bool) -> Iterator[Difference]:
    folder = _folder(box, place)
    rows, seen = _rows(box, place), set()
    limit = box.clock.now().timestamp() - _YOUNG_S
    unfinished = _unfinished(box)
    for path, size, changed_at in _files(folder):
        seen.add(path)
        if path in rows:
            wanted = rows[path]
            if size != wanted[0] or (deep and _digest(folder / path) not in (wanted[1], None)):
                yield Difference(Trouble.ALTERED, place, path, size)
        elif changed_at < limit and path.partition("/")[0] not in unfinished:
            yield Difference(Trouble.STRAY, place, path, size)
    missing = rows.keys() - seen
    # The janitor may have taken some, rows first, while the files were looked at.
    for path in sorted(missing & _rows(box, place).keys() if missing else missing):
        if not (folder / path).exists():
            yield Difference(Trouble.LOST, place, path, rows[path][0])


def repair(box: Box, found: Collection[Difference], *, force: bool = False) -> None:
    """Remove strays, and give up what is lost or altered: a link to it is refused, its job says so.

    Raises Conflict where every file of a folder is lost, which is rather a disk that is not
    mounted; `force` believes it.
    """
    for place in Place:
        here = [each for each in found if each.place is place]
        lost = [each for each in here if each.trouble is Trouble.LOST]
        if not force and len(lost) >= _MANY and len(lost) == len(_rows(box, place)):
            raise Conflict(
                f"Every file of {_folder(box, place)} is missing: is its disk mounted?"
                " If they are truly lost, repeat with --force."
            )
    known = {place: _rows(box, place) for place in Place}
    for each in found:
        if each.trouble is not Trouble.STRAY:
            _give_up(box, each)
        elif each.path not in known[each.place]:
            file = _folder(box, each.place) / each.path
            file.unlink(missing_ok=True)
            retention.remove_empty(file.parent, below=_folder(box, each.place))
    retention.finish_removals(box)


def _give_up(box: Box, gone: Difference) -> None:
    if gone.place is Place.UPLOADS:
        uploads.give_up(box, gone.path)
        return
    with box.db.transaction() as tx:
        rows = tx.rows("SELECT job, idx, name FROM output WHERE path = ?", (gone.path,))
        for job, index, name in rows:
            says = f"The file {name} was {gone.trouble} on the appliance's disk; it is gone."
            tx.run(
                "UPDATE job SET warnings = json_insert(warnings, '$[#]', ?) WHERE id = ?",
                (says, job),
            )
            retention.drop_outputs_part(tx, [(job, index)])


def _folder(box: Box, place: Place) -> Path:
    return box.home.outputs if place is Place.OUTPUTS else box.home.uploads


def _rows(box: Box, place: Place) -> dict[str, tuple[int, str]]:
    table = "output" if place is Place.OUTPUTS else "upload"
    rows = box.db.rows(f"SELECT path, bytes, sha256 FROM {table}")  # noqa: S608  our own names
    return {path: (size, sha256) for path, size, sha256 in rows}


def _unfinished(box: Box) -> set[str]:
    rows = box.db.rows("SELECT id FROM job WHERE state IN ('pending', 'processing')")
    return {row[0] for row in rows}


def _files(folder: Path) -> Iterator[tuple[str, int, float]]:
    """Every file under a folder: its path there, bytes, when it was changed."""
    for path in folder.rglob("*"):
        try:
            status = path.lstat()
        except FileNotFoundError:  # somebody removed it meanwhile
            continue
        if not path.is_dir():
            yield str(path.relative_to(folder)), status.st_size, status.st_mtime


def _digest(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return None
