"""Links to outputs: made for replies, checked on download."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from appliance.core import signing
from appliance.core.errors import Forbidden
from appliance.core.ids import JobId, job_name
from appliance.core.jobs import JobOutput, JobView
from appliance.core.signing import Ticket
from appliance.services.box import Box

_TIME = re.compile(r"[0-9]{1,12}")


@dataclass(frozen=True)
class Link:
    """A signed path with its query, to be put behind the box's public address."""

    path: str
    expires_at: datetime


@dataclass(frozen=True)
class Served:
    """A file to send."""

    path: Path
    name: str
    mime: str
    sha256: str
    expires: int


def link(box: Box, job: JobView, output: JobOutput) -> Link:
    """The link of an output, the same until half its life is over, never past the file's own."""
    assert job.completed_at is not None
    life = timedelta(hours=box.settings.storage.link_hours)
    until = signing.expiry(job.completed_at, box.clock.now(), life)
    until = min(until, int(output.retained_until.timestamp()))
    path = f"/files/{job_name(job.id)}-{output.index}/{output.name}"
    query = signing.sign(Ticket(path, until, output.name), box.link_keys)
    return Link(f"{path}?{query}", datetime.fromtimestamp(until, UTC))


@dataclass(frozen=True)
class Presented:
    """A link as somebody presents it."""

    file: str
    name: str
    expires: str
    kid: str
    signature: str


def opened(box: Box, shown: Presented) -> Served:
    """The file behind a link. Raises Forbidden for a bad or expired one, and for a file that is
    not there: the two are never told apart.
    """
    path = f"/files/{shown.file}/{shown.name}"
    expires = int(shown.expires) if _TIME.fullmatch(shown.expires) else 0
    ticket = Ticket(path, expires, shown.name)
    good = signing.verified(ticket, shown.kid, shown.signature, box.link_keys, box.clock.now())
    served = _file(box, shown, expires) if good else None
    if served is None:
        raise Forbidden("This link is not valid, or its time is over.")
    return served


def _file(box: Box, shown: Presented, expires: int) -> Served | None:
    job, _, index = shown.file.removeprefix("job_").rpartition("-")
    row = box.db.row(
        "SELECT path, name, mime, sha256 FROM output WHERE job = ? AND idx = ? AND name = ?",
        (JobId(job), int(index) if index.isdigit() else -1, shown.name),
    )
    if row is None or not (path := box.home.outputs / row[0]).is_file():
        return None
    return Served(path, row[1], row[2], row[3], expires)
