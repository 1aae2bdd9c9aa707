"""Files in: every form the contract knows, turned into Upload values before a form is checked."""

from __future__ import annotations

import base64
import binascii
import dataclasses
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from flask import current_app, request
from werkzeug.datastructures import FileStorage

from appliance.adapters.config import Settings
from appliance.adapters.outbound import Unreachable
from appliance.core.errors import Busy, InvalidInput, MissingKey, TooLarge, UnsupportedMedia
from appliance.core.files import Upload
from appliance.core.ids import output_reference
from appliance.core.jobs import Actor
from appliance.core.params import Field
from appliance.services.box import Box
from appliance.services.files import uploads
from appliance.web.arrivals import Arrival, new_arrival, new_place

_DATA_URL = re.compile(
    r"data:(?P<mime>[\w.+/-]*)(?:;[\w=.-]+)*?(?P<b64>;base64)?,", re.ASCII | re.IGNORECASE
)
_FILENAME = "filename"
_ADDRESS = re.compile(r"https?://", re.IGNORECASE)
_OWN_LINK = re.compile(r"/files/(?:(upl_\w+)|(job_\w+)-([0-9]+))/[^/]+", re.ASCII)


@dataclass(frozen=True)
class Room:
    """How large files may be, in bytes: inside JSON, and as parts."""

    inline: int
    upload: int


def usual_room(settings: Settings) -> Room:
    """Most families': little inside JSON, much as parts."""
    return Room(inline=settings.limits.inline_bytes, upload=settings.limits.upload_bytes)


def picture_room(settings: Settings) -> Room:
    """The product and tools families': one limit for a file however it comes."""
    return Room(settings.limits.small_upload_bytes, settings.limits.small_upload_bytes)


@dataclass(frozen=True)
class Intake:
    """Takes in the files of one request. `placed`: those that came with it, without rows yet."""

    box: Box
    actor: Actor
    room: Room
    placed: list[Upload] = dataclasses.field(default_factory=list)
    began: float = dataclasses.field(default_factory=time.monotonic)

    def take(self, fields: Sequence[Field], values: dict[str, Any]) -> dict[str, Any]:
        """`values` with every file as an Upload under its field's own name.

        `image_base64` and `image_url` stand for `image`, `content_base64` and `file` for the first
        file, which `filename` names. Raises InvalidInput, NotFound, TooLarge, UnsupportedMedia,
        Busy.
        """
        taken = named(fields, values)
        name = str(values.get(_FILENAME) or "")
        if not any(field.name == _FILENAME for field in fields):
            _call(taken, next((field.name for field in fields if field.is_file), ""), name)
        for field in fields:
            if field.is_file and taken.get(field.name) is not None:
                taken[field.name] = self._all(field, taken[field.name], name)
        return taken

    def _all(self, field: Field, given: Any, name: str) -> Any:
        if field.many:
            items = given if isinstance(given, list) else [given]
            return [self.one(field, item, name) for item in items]
        return self.one(field, given, name)

    def one(self, field: Field, given: Any, name: str) -> Upload:
        """One file of a field, however it is given; `name`: what it is called if it comes without.

        Raises as `take` does.
        """
        upload = self._upload(field, given, name)
        if upload.kind not in field.kinds:
            wanted = " or ".join(field.kinds)
            raise UnsupportedMedia(
                f"{field.name} must be {wanted}; this file is {upload.mime}.", field=field.name
            )
        return upload

    def _upload(self, field: Field, given: Any, name: str) -> Upload:
        if known := self._known(given):
            if self.actor.key is None:
                raise MissingKey("A file of this box is named with the key of whom it belongs to.")
            return uploads.find(self.box, self.actor.account, known)
        return self._placed(field, self.arrived(field, given, name))

    def _known(self, given: object) -> str | None:
        """The id of a file that is here already, given as such or as a link."""
        if not isinstance(given, str) or given[:5].lower() == "data:":
            return None
        if given.startswith("upl_") or output_reference(given):
            return given
        return self._own(given)

    def arrived(self, field: Field, given: Any, name: str) -> Arrived:
        """A file that comes with this request, as it lies among the arrivals; nothing is known of
        it yet. Raises InvalidInput, TooLarge, Busy.
        """
        if isinstance(given, FileStorage):
            return self._part(field, given)
        if isinstance(given, Base64) and isinstance(given.text, str):
            return self._bytes(field, _unbase64(field, given.text), name or field.name)
        if isinstance(given, str) and given[:5].lower() == "data:":
            return self._bytes(field, _data_url(field, given), name or field.name)
        if isinstance(given, str) and _ADDRESS.match(given):
            return self._at(field, given)
        raise InvalidInput(
            f"{field.name} must be a file: a multipart part, a data: URL, base64 in"
            f" {field.name}_base64, an upload id, an output id or an https URL.",
            field=field.name,
        )

    def _own(self, url: str) -> str | None:
        """The id of the file behind a link of this very box, which is not asked over the network.

        Whose it is decides as for any id, whatever the signature says.
        """
        bases = (self.box.settings.server.public_url, request.host_url)
        if not any(base and url.startswith(base.rstrip("/") + "/files/") for base in bases):
            return None
        named = _OWN_LINK.fullmatch(urlsplit(url).path)
        return named and (named[1] or f"{named[2]}/{named[3]}")

    def _at(self, field: Field, url: str) -> Arrived:
        """Fetch a file. Raises InvalidInput, TooLarge, and Busy while too many are fetched."""
        outbound = self.box.settings.outbound
        fetching = current_app.extensions["fetching"]
        if not fetching.acquire(blocking=False):
            raise Busy("Too many files are being fetched; try again in a second.", retry_after_s=1)
        try:
            fetched = self.box.outside.fetch(
                url,
                new_place(),
                field=field.name,
                most_bytes=self.room.upload,
                # Of all files together; none at all would be no valid time-out.
                timeout_s=max(self.began + outbound.fetch_s - time.monotonic(), 0.1),
            )
        except Unreachable as error:
            raise InvalidInput(error.message, field=field.name) from error
        finally:
            fetching.release()
        return Arrived(fetched.path, fetched.name, fetched.sha256)

    def _part(self, field: Field, part: FileStorage) -> Arrived:
        arrival = part.stream
        assert isinstance(arrival, Arrival)
        return self._kept(field, arrival, part.filename or field.name, self.room.upload)

    def _bytes(self, field: Field, content: bytes, name: str) -> Arrived:
        arrival = new_arrival()
        arrival.write(content)
        return self._kept(field, arrival, name, self.room.inline)

    def _kept(self, field: Field, arrival: Arrival, name: str, limit: int) -> Arrived:
        arrival.close()
        size = arrival.size
        if size > limit:
            raise TooLarge(
                f"{field.name} has {size} bytes; at most {limit} are taken here.",
                field=field.name,
                details={"bytes": size, "limit_bytes": limit},
            )
        return Arrived(arrival.path, name, arrival.sha256)

    def _placed(self, field: Field, arrived: Arrived) -> Upload:
        if arrived.path.stat().st_size == 0:
            raise InvalidInput(f"{field.name} is empty.", field=field.name)
        try:
            upload = uploads.place(self.box, arrived.path, name=arrived.name, sha256=arrived.sha256)
        except (UnsupportedMedia, InvalidInput, TooLarge) as error:
            error.field = error.field or field.name
            raise
        self.placed.append(upload)
        return upload


@dataclass(frozen=True)
class Base64:
    """A text that says to be a file."""

    text: object


@dataclass(frozen=True)
class Arrived:
    """A file among the arrivals: where, what its sender calls it, its SHA-256."""

    path: Path
    name: str
    sha256: str


def named(fields: Sequence[Field], values: Mapping[str, Any]) -> dict[str, Any]:
    """`values` with every file under its field's own name, as it was given."""
    taken, own = dict(values), {field.name for field in fields}
    for position, field in enumerate(field for field in fields if field.is_file):
        for alias in _aliases(field, main=position == 0):
            if alias in taken and alias not in own and field.name not in taken:
                raw = taken.pop(alias)
                taken[field.name] = _as_base64(raw) if alias.endswith("_base64") else raw
    return taken


def _call(taken: dict[str, Any], main: str, name: str) -> None:
    """Let `filename` be what the main file is called, where the operation itself does not ask."""
    if main:
        taken.pop(_FILENAME, None)
    if name and isinstance(taken.get(main), FileStorage):
        taken[main].filename = name


def _as_base64(raw: object) -> object:
    return [Base64(each) for each in raw] if isinstance(raw, list) else Base64(raw)


def _aliases(field: Field, *, main: bool) -> tuple[str, ...]:
    own = (f"{field.name}_base64", f"{field.name}_url", f"{field.name}Url")
    return (*own, "content_base64", "file") if main else own


def _unbase64(field: Field, text: str) -> bytes:
    head = _DATA_URL.match(text[:200])
    payload = text[head.end() :] if head else text
    try:
        return base64.b64decode("".join(payload.split()), validate=True)
    except (binascii.Error, ValueError):
        raise InvalidInput(f"{field.name} is not valid base64.", field=field.name) from None


def _data_url(field: Field, text: str) -> bytes:
    head = _DATA_URL.match(text[:200])
    if head is None:
        raise InvalidInput(f"{field.name} is not a valid data: URL.", field=field.name)
    payload = text[head.end() :]
    if not head["b64"]:
        if not payload.isascii():
            raise InvalidInput(f"{field.name} is not a valid data: URL.", field=field.name)
        return unquote_to_bytes(payload)
    return _unbase64(field, payload)
