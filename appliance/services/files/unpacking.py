"""Archives that bring many files: each is unpacked and placed as an upload, or says why not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from appliance import media
from appliance.core.errors import ApplianceError, InvalidInput, TooLarge, UnsupportedMedia
from appliance.core.files import Upload
from appliance.core.ids import new_ulid
from appliance.services.box import Box
from appliance.services.files import uploads


def unpacked(box: Box, archive: Path) -> Iterator[tuple[str, Upload | ApplianceError]]:
    """Every file of a ZIP archive, in order: its name there, and the placed upload without a row,
    or why it is none.

    Raises UnsupportedMedia, InvalidInput, TooLarge, StorageFull for the archive as a whole, before
    anything is unpacked.
    """
    settings = box.settings
    room = media.Room(
        files=settings.batch.files,
        file_bytes=settings.limits.small_upload_bytes,
        total_bytes=settings.batch.unpacked_bytes,
    )
    with media.opened_archive(archive, room) as opened:
        uploads.check_disk(box, sum(member.bytes for member in opened.members))
        arrivals = box.home.tmp / "arrivals"
        arrivals.mkdir(mode=0o700, exist_ok=True)
        for member in opened.members:
            arrived = arrivals / new_ulid()
            try:
                digest = opened.unpack(member, arrived)
                _refuse_nested(arrived)
                yield member.name, uploads.place(box, arrived, name=member.name, sha256=digest)
            except (UnsupportedMedia, InvalidInput, TooLarge) as error:
                yield member.name, error
            finally:
                arrived.unlink(missing_ok=True)


def _refuse_nested(path: Path) -> None:
    if path.stat().st_size == 0:
        raise InvalidInput("The file is empty.")
    if media.is_archive(path):
        raise UnsupportedMedia("An archive inside the archive is not unpacked.")
