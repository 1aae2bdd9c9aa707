"""Uploads: a file sent once and named by id afterwards, whole or in pieces."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any, NotRequired, TypedDict

from flask import Response, request
from flask_smorest import Blueprint

from appliance.core.clock import iso
from appliance.core.errors import Conflict, NotFound, StorageFull, TooLarge, UnsupportedMedia
from appliance.core.files import Kind
from appliance.core.files import Upload as File
from appliance.core.jobs import Actor
from appliance.core.params import Accepts, Help, Length, fields_of, read
from appliance.services.box import Box
from appliance.services.files import links, uploads
from appliance.services.files import resumable as pieces
from appliance.services.files.uploads import Kept
from appliance.web.actor import require
from appliance.web.api import resumable
from appliance.web.body import read_body
from appliance.web.families.family import Desk
from appliance.web.intake import Intake, usual_room
from appliance.web.reply import Reply, nothing, respond
from appliance.web.routing import on
from appliance.web.shapes import Data, Link, Moment, Sha256
from appliance.web.showing import base_url

_PATH = "/api/v1/uploads"
_STUDIO_KINDS = (Kind.IMAGE, Kind.AUDIO, Kind.VIDEO)


@dataclass(frozen=True)
class Sent:
    """The body of `POST /api/v1/uploads`."""

    file: Annotated[File, Help("The file"), Accepts(*Kind)]
    filename: Annotated[str | None, Help("Its name, where the part has none"), Length(1, 255)] = (
        None
    )


class UploadShown(TypedDict):
    """A file that was sent."""

    upload_id: str
    url: Link
    filename: str
    mime_type: str
    bytes: int
    sha256: Sha256
    width: NotRequired[int]
    height: NotRequired[int]
    expires_at: Annotated[Moment, "Until when it is kept"]


class StudioUpload(TypedDict):
    """A file that was sent; `url` may stand wherever a file is expected."""

    id: str
    url: Link
    filename: str
    contentType: str
    size: int
    expiresAt: Moment


def add(blueprint: Blueprint, desk: Desk) -> None:
    """Register `/api/v1/uploads`."""
    box = desk.box

    @on(
        *(blueprint, _PATH, "POST"),
        takes=Sent,
        gives={201: Data[UploadShown]},
        refuses=(NotFound, StorageFull, resumable.UnknownVersion),
    )
    def send() -> Response:
        """Keep a file for later jobs; with `Tus-Resumable`, expect it in pieces."""
        actor = require(box, None)
        if resumable.spoken():
            return resumable.create(box, actor, f"{base_url(box)}{_PATH}/")
        return respond(Reply({"data": _shown(box, _taken(box, actor, tuple(Kind)))}, 201))

    @on(blueprint, f"{_PATH}/<upload_id>", gives=Data[UploadShown])
    def read_upload(upload_id: str) -> Response:
        """Show an upload; to HEAD, how far it has come."""
        actor = require(box, None)
        if request.method == "HEAD":
            return resumable.tell(box, actor, upload_id)
        return respond(
            Reply({"data": _shown(box, uploads.find_upload(box, actor.account, upload_id))})
        )

    _add_changes(blueprint, box)

    @blueprint.after_request  # type: ignore[untyped-decorator]  # flask-smorest has no types
    def _introduce(response: Response) -> Response:
        tus = resumable.spoken() or request.method in ("OPTIONS", "HEAD")
        if tus and request.path.startswith(_PATH):
            resumable.introduce(response, box)
        return response


def _add_changes(blueprint: Blueprint, box: Box) -> None:
    @on(
        *(blueprint, f"{_PATH}/<upload_id>", "PATCH"),
        gives={204: None},
        refuses=(
            *(Conflict, TooLarge, UnsupportedMedia, StorageFull),
            *(resumable.UnknownVersion, pieces.DigestMismatch),
        ),
    )
    def append_to_upload(upload_id: str) -> Response:
        """Take the next piece of a resumable upload."""
        return resumable.append(box, require(box, None), upload_id)

    @on(*(blueprint, f"{_PATH}/<upload_id>", "DELETE"), gives={204: None}, refuses=(Conflict,))
    def delete_upload(upload_id: str) -> Response:
        """Remove an upload, complete or not."""
        account = require(box, None).account
        try:
            pieces.drop(box, account, upload_id)
        except NotFound:
            uploads.delete(box, account, upload_id)
        return nothing()


def add_for_studio(blueprint: Blueprint, desk: Desk) -> None:
    """Register `/api/upload/{image|audio|video}`."""
    for kind in _STUDIO_KINDS:
        _add_kind(blueprint, desk.box, kind)


def _add_kind(blueprint: Blueprint, box: Box, kind: Kind) -> None:
    def send() -> Response:
        kept = _taken(box, require(box, None), (kind,))
        shown = StudioUpload(
            id=kept.file.id,
            url=_url(box, kept),
            filename=kept.file.name,
            contentType=kept.file.mime,
            size=kept.file.bytes,
            expiresAt=iso(kept.until),
        )
        return respond(Reply({"data": shown}))

    send.__name__ = f"upload_{kind}"
    send.__doc__ = f"Keep {'an' if kind in 'image audio' else 'a'} {kind} for later jobs."
    on(
        *(blueprint, f"/api/upload/{kind}", "POST"),
        takes=Sent,
        gives=Data[StudioUpload],
        refuses=(NotFound, StorageFull),
    )(send)


def _taken(box: Box, actor: Actor, kinds: tuple[Kind, ...]) -> Kept:
    """The one file of this request as an upload. Raises what intake raises, and StorageFull."""
    uploads.check_disk(box)
    fields = [replace(each, kinds=kinds) if each.is_file else each for each in fields_of(Sent)]
    body = read_body()
    intake = Intake(box, actor, usual_room(box.settings))
    try:
        values = intake.take(fields, body.values)
        found = read(fields, values, lenient=body.lenient)["file"]
        uploads.remember(box, actor.account, intake.placed)
    finally:
        uploads.discard(box, intake.placed)
    return uploads.find_upload(box, actor.account, found.id)


def _url(box: Box, kept: Kept) -> str:
    return base_url(box) + links.upload_link(box, kept.file, kept.until).path


def _shown(box: Box, kept: Kept) -> dict[str, Any]:
    file = kept.file
    shown: dict[str, Any] = {
        "upload_id": file.id,
        "url": _url(box, kept),
        "filename": file.name,
        "mime_type": file.mime,
        "bytes": file.bytes,
        "sha256": file.sha256,
        "expires_at": iso(kept.until),
    }
    if file.facts.width_px:
        shown |= {"width": file.facts.width_px, "height": file.facts.height_px}
    return shown
