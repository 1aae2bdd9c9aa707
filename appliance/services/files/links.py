"""Links to outputs: made for replies or on request, checked on download.

A link in a reply is its signature and nothing else. One that somebody asked for also has a row,
which is looked up at each download: without it the link opens nothing, so it can be revoked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from appliance.adapters.database import Row
from appliance.core import signing
from appliance.core.clock import micros
from appliance.core.errors import Forbidden, NotFound
from appliance.core.files import Upload, safe_name
from appliance.core.ids import JobId, job_name, new_id
from appliance.core.jobs import JobOutput, JobView
from appliance.core.signing import Ticket
from appliance.services.box import Box

LONGEST = timedelta(days=7)  # life of a link made on request
NOT_VALID = "This link is not valid, or its time is over."
_TIME = re.compile(r"[0-9]{1,12}")
_NO_LINK = "There is no such link, or its time is over."


class Disposition(StrEnum):
    """What a browser does with a file: show it, or save it."""

    INLINE = "inline"
    ATTACHMENT = "attachment"


@dataclass(frozen=True)
class Link:
    """A signed path with its query, to be put behind the box's public address."""

    path: str
    expires_at: datetime


@dataclass(frozen=True)
class LinkWish:
    """A link somebody asks for. `name`: what a download is called, None for the file's own."""

    life: timedelta
    name: str | None = None
    disposition: Disposition = Disposition.INLINE


@dataclass(frozen=True)
class MadeLink:
    """A link made on request, by whose id it is revoked."""

    id: str
    link: Link


@dataclass(frozen=True)
class Served:
    """A file to send."""

    path: Path
    name: str
    mime: str
    sha256: str
    expires: int
    disposition: Disposition


def link(box: Box, job: JobView, output: JobOutput) -> Link:
    """The link of an output, the same until half its life is over, never past the file's own."""
    assert job.completed_at is not None
    life = timedelta(hours=box.settings.storage.link_hours)
    until = signing.expiry(job.completed_at, box.clock.now(), life)
    until = min(until, int(output.retained_until.timestamp()))
    path = f"/files/{job_name(job.id)}-{output.index}/{output.name}"
    return _signed(box, Ticket(path, until, output.name))


def upload_link(box: Box, upload: Upload, until: datetime) -> Link:
    """The link of an upload; it ends with the file."""
    path = f"/files/{upload.id}/{upload.name}"
    return _signed(box, Ticket(path, int(until.timestamp()), upload.name))


def _signed(box: Box, ticket: Ticket) -> Link:
    query = signing.sign(ticket, box.link_keys.at(box.clock.now()))
    return Link(f"{ticket.path}?{query}", datetime.fromtimestamp(ticket.expires, UTC))


def make_link(box: Box, job: JobView, output: JobOutput, wish: LinkWish) -> MadeLink:
    """A link of an output that can be revoked; it ends with the file if that is sooner."""
    until = min(box.clock.now() + min(wish.life, LONGEST), output.retained_until)
    until = until.replace(microsecond=0)
    link_id, name = new_id("lnk"), wish.name or output.name
    with box.db.transaction() as tx:
        # A number, not the view: the janitor may have taken the file since it was read.
        made = tx.run(
            "INSERT INTO link(id, job, idx, name, disposition, expires_at)"
            " SELECT ?, job, idx, ?, ?, ? FROM output WHERE job = ? AND idx = ?",
            (link_id, name, wish.disposition, micros(until), job.id, output.index),
        )
    if not made:
        raise NotFound("There is no such output, or it is no longer kept.")
    ticket = Ticket(f"/files/{link_id}/{safe_name(name)}", int(until.timestamp()), name)
    return MadeLink(link_id, _signed(box, ticket))


def job_of(box: Box, link_id: str) -> JobId:
    """The job whose output a link made on request opens. Raises NotFound."""
    row = box.db.row("SELECT job FROM link WHERE id = ?", (link_id,))
    if row is None:
        raise NotFound(_NO_LINK)
    return JobId(row[0])


def revoke_link(box: Box, link_id: str) -> None:
    """Stop a link made on request from the next download on. Raises NotFound."""
    with box.db.transaction() as tx:
        if not tx.run("DELETE FROM link WHERE id = ?", (link_id,)):
            raise NotFound(_NO_LINK)


def rotate_keys(box: Box, *, at_once: bool = False) -> str:
    """Sign with a fresh key from the next link on; the key's name. Links given before hold until
    they expire, or with `at_once` stop now, all of them.
    """
    longest = max(LONGEST, timedelta(hours=box.settings.storage.link_hours))
    return box.link_keys.rotate(box.clock.now(), timedelta() if at_once else longest)


def remove_ended(box: Box) -> int:
    """Remove the rows of links whose time is over; how many."""
    with box.db.transaction() as tx:
        return tx.run("DELETE FROM link WHERE expires_at <= ?", (micros(box.clock.now()),))


@dataclass(frozen=True)
class Presented:
    """A link as somebody presents it."""

    file: str
    name: str
    expires: str
    kid: str
    signature: str


def opened(box: Box, shown: Presented) -> Served:
    """The file behind a link. Raises Forbidden for a bad, expired or revoked one, and for a file
    that is not there: they are never told apart.
    """
    served = _made(box, shown) if shown.file.startswith("lnk_") else _given(box, shown)
    if served is None or not _good(box, shown, served.name) or not served.path.is_file():
        raise Forbidden(NOT_VALID)
    return served


def _good(box: Box, shown: Presented, download: str) -> bool:
    now = box.clock.now()
    ticket = Ticket(f"/files/{shown.file}/{shown.name}", _expires(shown), download)
    return signing.verified(ticket, shown.kid, shown.signature, box.link_keys.at(now), now)


def _expires(shown: Presented) -> int:
    return int(shown.expires) if _TIME.fullmatch(shown.expires) else 0


def _given(box: Box, shown: Presented) -> Served | None:
    if shown.file.startswith("upl_"):
        return _served(
            box,
            shown,
            box.db.row(
                "SELECT path, name, mime, sha256, 'inline' FROM upload WHERE id = ? AND name = ?",
                (shown.file, shown.name),
            ),
        )
    job, _, index = shown.file.removeprefix("job_").rpartition("-")
    return _served(
        box,
        shown,
        box.db.row(
            "SELECT path, name, mime, sha256, 'inline' FROM output"
            " WHERE job = ? AND idx = ? AND name = ?",
            (job, int(index) if _TIME.fullmatch(index) else -1, shown.name),
        ),
    )


def _made(box: Box, shown: Presented) -> Served | None:
    return _served(
        box,
        shown,
        box.db.row(
            "SELECT o.path, l.name, o.mime, o.sha256, l.disposition FROM link l"
            " JOIN output o ON o.job = l.job AND o.idx = l.idx WHERE l.id = ?",
            (shown.file,),
        ),
    )


def _served(box: Box, shown: Presented, row: Row | None) -> Served | None:
    if row is None:
        return None
    path, name, mime, sha256, disposition = row
    folder = box.home.uploads if shown.file.startswith("upl_") else box.home.outputs
    served = folder / path
    return Served(served, name, mime, sha256, _expires(shown), Disposition(disposition))
