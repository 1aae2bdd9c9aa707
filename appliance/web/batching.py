"""How a batch is received: many files in one request, each a job of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from flask import Response, request
from typing_extensions import override
from werkzeug.datastructures import FileStorage

from appliance.core.errors import (
    ApplianceError,
    InvalidInput,
    NotFound,
    TooLarge,
    UnsupportedMedia,
)
from appliance.core.files import Kind, Upload
from appliance.core.jobs import Request
from appliance.core.money import ZERO, usd
from appliance.core.params import Field, Length
from appliance.services.files import uploads
from appliance.services.files.unpacking import unpacked
from appliance.services.jobs import batches
from appliance.services.jobs.admission import Admitted
from appliance.services.jobs.batches import Sent
from appliance.services.jobs.estimating import estimate
from appliance.web.arrivals import Arrival
from appliance.web.body import Body
from appliance.web.form import Asked, Form
from appliance.web.intake import Base64, Intake, Room, named
from appliance.web.reply import Reply
from appliance.web.submitting import Counter, as_facts, fingerprint

_EACH = "image"  # what a file of the batch is to the operation
_IMAGES = Field(
    name="images",
    type=Upload,
    help="Pictures, in order",
    default=None,
    many=True,
    length=Length(1, 100_000),  # how many is a setting
    kinds=(Kind.IMAGE,),
)
_ARCHIVE = Field(
    name="zip",
    type=Upload,
    help="A ZIP archive of pictures, instead of `images`",
    default=None,
    kinds=(Kind.DOCUMENT,),
)
_FILENAME = Field(
    name="filename",
    type=str,
    help="Its stem names the archive of the results",
    default=None,
    optional=True,
    length=Length(1, 200),
)
# A picture nobody has: with it the other fields are checked before anything is unpacked.
_ANY = Upload("", Path(), "", "image/png", Kind.IMAGE, 0, "")
_FORM_BYTES, _FORM_PARTS = 1_000_000, 100  # beside the files

Received = tuple[str, Upload | ApplianceError]


def batch_form(each: Form) -> Form:
    """The fields of a batch: those of one job, with many files instead of its one."""
    rest = (field for field in each.fields if field.name != _EACH)
    return Form((_IMAGES, _ARCHIVE, *rest, _FILENAME), each.shape)


@dataclass(frozen=True)
class _Order:
    """A checked batch: its fields as they were given and as they read, and the files as sent."""

    values: Mapping[str, Any]
    asked: Asked
    filename: str | None
    files: Any
    lenient: bool


@dataclass(frozen=True)
class BatchCounter(Counter):
    """Where batches are received. `each`: the form of one job."""

    each: Form

    @override
    def receive(self) -> Response:
        """Answer a batch: it may be larger than other requests."""
        settings = self.desk.box.settings.batch
        request.max_content_length = settings.bytes + _FORM_BYTES
        request.max_form_parts = settings.files + _FORM_PARTS
        return super().receive()

    @override
    def admitted(self, intake: Intake, body: Body) -> Admitted:
        """The job that gathers what the jobs of all files make."""
        order = self._order(intake, body)
        whole = self._whole(intake, order)
        if earlier := batches.replay(intake.box, whole):
            return earlier
        sent = self._sent(intake, order)
        pictures = tuple(file for file in intake.placed if file.kind is Kind.IMAGE)
        return batches.admit(intake.box, replace(whole, arrived=pictures), sent)

    @override
    def estimated(self, intake: Intake, body: Body) -> Reply:
        """What all of it would cost and take."""
        box, order = intake.box, self._order(intake, body)
        try:
            jobs = [each.become for each in self._sent(intake, order)]
        finally:
            uploads.discard(box, intake.placed)
        found = [estimate(box, job) for job in jobs if isinstance(job, Request)]
        price = sum((each.price for each in found), start=ZERO)
        seconds = None if found[0].seconds is None else found[0].seconds * len(found)
        whole = replace(
            found[0],
            price=price,
            credits=price.credits(usd(box.settings.billing.credit_usd)),
            seconds=seconds,
        )
        return self.family.envelope.estimated(as_facts(whole))

    def _order(self, intake: Intake, body: Body) -> _Order:
        """The fields, checked. Raises InvalidInput."""
        values = named((_IMAGES, _ARCHIVE), body.values)
        images, archive = values.pop(_IMAGES.name, None), values.pop(_ARCHIVE.name, None)
        if _EACH in values or (images is None) == (archive is None):
            wrong = _IMAGES.name if archive is None else _ARCHIVE.name
            raise InvalidInput(
                "Send pictures in images, or a ZIP archive of them in zip.",
                field=_EACH if _EACH in values else wrong,
            )
        filename = values.pop(_FILENAME.name, None)
        asked = self.each.read({**values, _EACH: _ANY}, lenient=body.lenient)
        files = archive if images is None else _listed(images, intake.box.settings.batch.files)
        if archive is not None and isinstance(archive, list):
            raise InvalidInput("zip must be one archive.", field=_ARCHIVE.name)
        return _Order(values, asked, filename, files, body.lenient)

    def _whole(self, intake: Intake, order: _Order) -> Request:
        plain = {name: value for name, value in order.asked.params.items() if value is not _ANY}
        sent = order.files if isinstance(order.files, list) else [order.files]
        params = {**plain, "files": [_digest(each) for each in sent], "filename": order.filename}
        told = replace(order.asked, params=params)
        params = {_FILENAME.name: order.filename}
        asked = Asked(
            batches.OPERATION, params, extra=order.asked.extra, webhook=order.asked.webhook
        )
        made = self.as_request(intake, replace(asked, type="batch", price=self.row.price))
        return replace(made, idempotency=fingerprint(self.row, told))

    def _sent(self, intake: Intake, order: _Order) -> list[Sent]:
        """Each file as a request of its own. Raises InvalidInput if none is a picture."""
        sent = [self._become(intake, order, *received) for received in _received(intake, order)]
        if not any(isinstance(each.become, Request) for each in sent):
            raise _nothing(sent)
        return sent

    def _become(
        self, intake: Intake, order: _Order, name: str, file: Upload | ApplianceError
    ) -> Sent:
        if isinstance(file, ApplianceError):
            return Sent(name, file)
        asked = self.each.read({**order.values, _EACH: file}, lenient=order.lenient)
        made = self.as_request(intake, replace(asked, webhook=None))
        return Sent(name, replace(made, idempotency=None, cancel_after_s=None))


def _listed(images: object, most: int) -> list[Any]:
    listed = images if isinstance(images, list) else [images]
    if not listed:
        raise InvalidInput("images is empty.", field=_IMAGES.name)
    if len(listed) > most:
        raise TooLarge(
            f"{len(listed)} pictures were sent; at most {most} are taken at once.",
            field=_IMAGES.name,
            details={"files": len(listed), "limit_files": most},
        )
    return listed


def _received(intake: Intake, order: _Order) -> Iterator[Received]:
    if isinstance(order.files, list):
        for number, given in enumerate(order.files, 1):
            yield _name(given, number), _taken(intake, given, f"picture-{number}")
        return
    room = Room(*[intake.box.settings.batch.bytes] * 2)
    archive = replace(intake, room=room).arrived(_ARCHIVE, order.files, "batch.zip")
    try:
        for name, file in unpacked(intake.box, archive.path):
            if isinstance(file, Upload):
                intake.placed.append(file)
            yield name, _picture(file)
    except (UnsupportedMedia, InvalidInput, TooLarge) as error:
        error.field = error.field or _ARCHIVE.name
        raise


def _taken(intake: Intake, given: Any, name: str) -> Upload | ApplianceError:
    try:
        return intake.one(_IMAGES, given, name)
    except (UnsupportedMedia, InvalidInput, TooLarge, NotFound) as error:
        return error


def _picture(file: Upload | ApplianceError) -> Upload | ApplianceError:
    if isinstance(file, Upload) and file.kind is not Kind.IMAGE:
        return UnsupportedMedia(f"The file is {file.mime}, not a picture.")
    return file


def _name(given: Any, number: int) -> str:
    if isinstance(given, FileStorage) and given.filename:
        return given.filename[-200:]
    short = isinstance(given, str) and given[:5].lower() != "data:" and len(given) <= 200
    return given if short else f"picture-{number}"


def _digest(given: Any) -> str:
    if isinstance(given, FileStorage) and isinstance(given.stream, Arrival):
        return given.stream.sha256
    text = given.text if isinstance(given, Base64) else given
    return hashlib.sha256(repr(text).encode("utf-8", "surrogatepass")).hexdigest()


def _nothing(sent: list[Sent]) -> ApplianceError:
    if not sent:
        return InvalidInput("The archive holds no files.", field=_ARCHIVE.name)
    told = [
        {"name": each.name, "message": each.become.message}
        for each in sent
        if isinstance(each.become, ApplianceError)
    ]
    kind = UnsupportedMedia if all(_unread(each.become) for each in sent) else InvalidInput
    return kind(
        f"None of the {len(sent)} files is a picture that can be worked on:"
        f" {told[0]['name']}: {told[0]['message']}",
        details={"files": told[:20]},
    )


def _unread(become: object) -> bool:
    return isinstance(become, UnsupportedMedia)
