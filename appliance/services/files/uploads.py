"""What customers send: kept, told apart by content, found again by id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields as dataclass_fields
from datetime import timedelta
from pathlib import Path
from typing import Any

from appliance import media
from appliance.adapters.database import Row
from appliance.core.clock import micros
from appliance.core.errors import InvalidInput, NotFound, TooLarge
from appliance.core.files import Facts, Kind, Upload, safe_name
from appliance.core.ids import AccountId, new_id, output_reference
from appliance.services.box import Box

_COLUMNS = "id, path, name, mime, kind, bytes, sha256, width_px, height_px, seconds"


def keep(box: Box, account: AccountId, arrived: Path, *, name: str, sha256: str) -> Upload:
    """Make an upload of a file that arrived in `box.home.tmp`; the file moves.

    Raises UnsupportedMedia for what no operation reads, TooLarge for more pixels than the limit;
    the file is gone then.
    """
    try:
        sniffed = media.sniff(arrived)
        facts = media.probe(arrived, sniffed.mime)
        _check_pixels(box, facts)
    except Exception:
        arrived.unlink(missing_ok=True)
        raise
    upload_id = new_id("upl")
    kept = box.home.uploads / upload_id
    size = arrived.stat().st_size
    arrived.rename(kept)
    upload = Upload(
        id=upload_id,
        path=kept,
        name=safe_name(name),
        mime=sniffed.mime,
        kind=sniffed.kind,
        bytes=size,
        sha256=sha256,
        facts=facts,
    )
    try:
        _record(box, account, upload)
    except BaseException:
        kept.unlink()
        raise
    return upload


def drop(box: Box, taken: Iterable[Upload]) -> None:
    """Remove uploads of a request that was refused after all: nothing of it is kept."""
    for upload in taken:
        with box.db.transaction() as tx:
            tx.run("DELETE FROM upload WHERE id = ?", (upload.id,))
        upload.path.unlink(missing_ok=True)


def _check_pixels(box: Box, facts: Facts) -> None:
    limit = box.settings.limits.picture_pixels
    if facts.width_px * facts.height_px > limit:
        raise TooLarge(
            f"The picture is {facts.width_px}×{facts.height_px} pixels; at most"
            f" {limit / 1e6:g} megapixels are taken.",
            details={"width": facts.width_px, "height": facts.height_px, "limit_pixels": limit},
        )


def _record(box: Box, account: AccountId, upload: Upload) -> None:
    now = box.clock.now()
    until = now + timedelta(days=box.settings.storage.uploads_days)
    facts = upload.facts
    with box.db.transaction() as tx:
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


def find(box: Box, account: AccountId, reference: str) -> Upload:
    """The account's file of this id: an upload, or an output of an earlier job (`job_…/0`).

    Raises NotFound, also for files of others and for files whose time is over.
    """
    output = output_reference(reference) if reference.isascii() else None
    row = _output(box, account, reference) if output else _upload(box, account, reference)
    if row is None or not (path := _folder(box, reference) / row[1]).exists():
        shown = ascii(reference[:80])
        raise NotFound(f"There is no file {shown}, or it is no longer kept.")
    # Whatever it was called: rows name it in one way, so that retention finds it in use.
    own_id = f"job_{row[0]}/{output[1]}" if output else reference
    facts = Facts(row[7], row[8], row[9])
    return Upload(own_id, path, row[2], row[3], Kind(row[4]), row[5], row[6], facts)


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
