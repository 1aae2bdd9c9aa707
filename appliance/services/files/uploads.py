"""What customers send: kept, told apart by content, found again by id.

The same bytes are stored once, in a file named by their digest, however many rows name it. A file
is given this name and loses it inside the transaction that writes or deletes a row, so that whoever
uploads the bytes again never meets the janitor on the way: SQLite lets one write at a time. Its
bytes are on disk before that, and its name before the commit: a row outlives a power cut, and so
must what it names.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from dataclasses import fields as dataclass_fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from appliance import media
from appliance.adapters.database import Row, Transaction
from appliance.adapters.durable import sync_file, sync_folders
from appliance.adapters.failpoints import Point, reach
from appliance.core.clock import instant, micros
from appliance.core.errors import Conflict, InvalidInput, NotFound, StorageFull, TooLarge
from appliance.core.files import Facts, Kind, Upload, safe_name
from appliance.core.ids import AccountId, new_id, new_ulid, output_reference
from appliance.services.box import Box

_COLUMNS = "id, path, name, mime, kind, bytes, sha256, width_px, height_px, seconds"
_UNNEEDED = (
    "NOT EXISTS (SELECT 1 FROM job WHERE state IN ('pending', 'processing')"
    " AND instr(params, upload.id))"
)


@dataclass(frozen=True)
class Kept:
    """An upload, and how long it stays."""

    file: Upload
    until: datetime


def keep(box: Box, account: AccountId, arrived: Path, *, name: str, sha256: str) -> Upload:
    """Make an upload of a file that arrived in `box.home.tmp`; the file moves.

    Raises as `place` does.
    """
    placed = place(box, arrived, name=name, sha256=sha256)
    try:
        remember(box, account, [placed])
    finally:
        discard(box, [placed])
    return placed


def place(box: Box, arrived: Path, *, name: str, sha256: str, as_id: str = "") -> Upload:
    """Move a file that arrived in `box.home.tmp` to where uploads are; its row is still to be
    written, and gives it its path. `as_id`: what it is to be called, else a new id.

    Raises UnsupportedMedia for what no operation reads, TooLarge for more pixels or seconds than
    the limit; the file is gone then.
    """
    try:
        sniffed = media.sniff(arrived)
        media.refuse_polyglot(arrived, sniffed.mime)
        facts = media.probe(arrived, sniffed.mime)
        _check_facts(box, sniffed.kind, facts)
    except Exception:
        arrived.unlink(missing_ok=True)
        raise
    upload_id = as_id or new_id("upl")
    size = arrived.stat().st_size
    sync_file(arrived)
    reach(Point.UPLOAD_RENAMING)
    arrived.rename(box.home.uploads / upload_id)
    reach(Point.UPLOAD_RENAMED)
    return Upload(
        id=upload_id,
        path=box.home.uploads / sha256,
        name=safe_name(name),
        mime=sniffed.mime,
        kind=sniffed.kind,
        bytes=size,
        sha256=sha256,
        facts=facts,
    )


def remember(box: Box, account: AccountId, placed: Collection[Upload]) -> None:
    """Write the rows of placed files: the account finds them by id from now on."""
    if placed:
        with box.db.transaction() as tx:
            record_part(tx, box, account, placed)


def discard(box: Box, placed: Collection[Upload]) -> None:
    """Remove those of the placed files that got no row: of a refused or replayed request nothing
    is kept.
    """
    for upload in placed:
        (box.home.uploads / upload.id).unlink(missing_ok=True)
    # A transaction that was undone may have named the bytes already.
    release(box, [upload.path.name for upload in placed if upload.path.exists()])


def release(box: Box, names: Collection[str]) -> None:
    """Remove those of these files of the uploads folder that no row names."""
    for name in names and set(names) - with_rows(box, names):
        with box.db.transaction() as tx:
            _release_part(tx, box, name)


def with_rows(box: Box, names: Collection[str]) -> set[str]:
    """Which of these files of the uploads folder have a row."""
    rows = box.db.rows(
        "SELECT path FROM upload WHERE path IN (SELECT value FROM json_each(?))",
        (json.dumps([*names]),),
    )
    return {row[0] for row in rows}


def _check_facts(box: Box, kind: Kind, facts: Facts) -> None:
    limits = box.settings.limits
    pixels = limits.video_pixels if kind is Kind.VIDEO else limits.picture_pixels
    if facts.width_px * facts.height_px > pixels:
        raise TooLarge(
            f"The picture is {facts.width_px}×{facts.height_px} pixels; at most"
            f" {pixels / 1e6:g} megapixels are taken.",
            details={"width": facts.width_px, "height": facts.height_px, "limit_pixels": pixels},
        )
    seconds = limits.sound_seconds if kind is Kind.AUDIO else limits.video_seconds
    if facts.seconds > seconds:
        raise TooLarge(
            f"The file is {facts.seconds:.0f} s long; at most {seconds} s of {kind} are taken.",
            details={"seconds": round(facts.seconds), "limit_seconds": seconds},
        )


def record_part(tx: Transaction, box: Box, account: AccountId, placed: Collection[Upload]) -> None:
    """The rows of placed files, in the caller's transaction."""
    now = box.clock.now()
    until = now + timedelta(days=box.settings.storage.uploads_days)
    for upload in placed:
        facts = upload.facts
        (box.home.uploads / upload.id).replace(upload.path)  # the same bytes, if they are there
        tx.run(
            f"INSERT INTO upload({_COLUMNS}, account, created_at, retained_until)"  # noqa: S608  our own column list
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                upload.id,
                upload.path.name,
                upload.name,
                upload.mime,
                upload.kind,
                upload.bytes,
                upload.sha256,
                facts.width_px,
                facts.height_px,
                facts.seconds,
                account,
                micros(now),
                micros(until),
            ),
        )
    if placed:
        sync_folders(box.home.uploads)  # once for all of them


def delete(box: Box, account: AccountId, upload_id: str) -> None:
    """Remove an upload. Raises NotFound; Conflict while an unfinished job needs it."""
    find_upload(box, account, upload_id)
    if not forget(box, upload_id):
        raise Conflict(f"A job that is not finished reads {upload_id}: cancel it, or wait.")


def forget(box: Box, upload_id: str) -> int:
    """Remove an upload's row, and the bytes with the last row that names them; how many rows.

    One that an unfinished job needs stays.
    """
    with box.db.transaction("forget") as tx:
        row = tx.row(
            f"DELETE FROM upload WHERE id = ? AND {_UNNEEDED} RETURNING path",  # noqa: S608  our own words
            (upload_id,),
        )
        if row is not None:
            _release_part(tx, box, row[0])
    return int(row is not None)


def give_up(box: Box, name: str) -> None:
    """Remove the rows of a file that is not what they say, and the file."""
    with box.db.transaction() as tx:
        tx.run("DELETE FROM upload WHERE path = ?", (name,))
        _release_part(tx, box, name)


def _release_part(tx: Transaction, box: Box, name: str) -> None:
    if tx.row("SELECT 1 FROM upload WHERE path = ? LIMIT 1", (name,)):
        return
    # Out of the way by a rename, which takes no time; unlinking a large file may.
    marked = box.home.tmp / "arrivals" / new_ulid()
    marked.parent.mkdir(mode=0o700, exist_ok=True)
    with suppress(FileNotFoundError):
        (box.home.uploads / name).rename(marked)
        tx.afterwards(marked.unlink)


def check_disk(box: Box, more: int = 0) -> None:
    """Let `more` bytes come if the disk has room for them. Raises StorageFull."""
    needed = box.settings.storage.low_water_mb * 1_000_000 + more
    if shutil.disk_usage(box.home.data).free < needed:
        raise StorageFull("The appliance's disk is nearly full; its admin must make room.")


def find_upload(box: Box, account: AccountId, upload_id: str) -> Kept:
    """The account's upload of this id, and how long it stays. Raises NotFound."""
    if not upload_id.startswith("upl_"):
        raise _not_found(upload_id)
    found = find(box, account, upload_id)
    row = box.db.row("SELECT retained_until FROM upload WHERE id = ?", (upload_id,))
    if row is None:
        raise _not_found(upload_id)
    return Kept(found, instant(row[0]))


def find(box: Box, account: AccountId, reference: str) -> Upload:
    """The account's file of this id: an upload, or an output of an earlier job (`job_…/0`).

    Raises NotFound, also for files of others and for files whose time is over.
    """
    output = output_reference(reference) if reference.isascii() else None
    row = _output(box, account, reference) if output else _upload(box, account, reference)
    if row is None or not (path := _folder(box, reference) / row[1]).exists():
        raise _not_found(reference)
    # Whatever it was called: rows name it in one way, so that retention finds it in use.
    own_id = f"job_{row[0]}/{output[1]}" if output else reference
    facts = Facts(row[7], row[8], row[9])
    return Upload(own_id, path, row[2], row[3], Kind(row[4]), row[5], row[6], facts)


def _not_found(reference: str) -> NotFound:
    return NotFound(f"There is no file {reference[:80]!a}, or it is no longer kept.")


def _folder(box: Box, reference: str) -> Path:
    return box.home.uploads if reference.startswith("upl_") else box.home.outputs


def _upload(box: Box, account: AccountId, reference: str) -> Row | None:
    if not reference.isascii():
        return None
    return box.db.row(
        f"SELECT {_COLUMNS} FROM upload WHERE id = ? AND account = ?",  # noqa: S608  our own column list
        (reference, account),
    )


def _output(box: Box, account: AccountId, reference: str) -> Row | None:
    found = output_reference(reference)
    assert found is not None
    job, index = found
    return box.db.row(
        "SELECT o.job, o.path, o.name, o.mime, o.kind, o.bytes, o.sha256, o.width_px, o.height_px,"
        " o.seconds FROM output o JOIN job j ON j.id = o.job"
        " WHERE j.account = ? AND (j.id = ? OR j.number = ?) AND o.idx = ?",
        (account, job.id, job.number, index),
    )


def written(params: Any) -> dict[str, Any]:
    """Typed params as a job row keeps them: JSON values, files as {"file": id}."""
    return {each.name: _plain(getattr(params, each.name)) for each in dataclass_fields(params)}


def _plain(value: Any) -> Any:
    if isinstance(value, Upload):
        return {"file": value.id}
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def revived(box: Box, account: AccountId, params: type, kept: Mapping[str, Any]) -> Any:
    """The typed params of a kept job, files found again. Raises InvalidInput if one is gone."""
    return params(**{name: _live(box, account, name, value) for name, value in kept.items()})


def _live(box: Box, account: AccountId, name: str, value: Any) -> Any:
    if isinstance(value, dict):
        try:
            return find(box, account, value["file"])
        except NotFound as gone:
            raise InvalidInput(gone.message, field=name) from None
    if isinstance(value, list):
        return tuple(_live(box, account, name, item) for item in value)
    return value
