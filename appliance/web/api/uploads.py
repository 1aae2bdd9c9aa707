"""Uploads: a file sent once and named by id afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from flask import Response
from flask_smorest import Blueprint

from appliance.core.files import Kind, Upload
from appliance.core.params import Accepts, Help, Length, fields_of, read
from appliance.services.files import uploads
from appliance.web.actor import require
from appliance.web.body import read_body
from appliance.web.families.family import Desk
from appliance.web.intake import Intake, usual_room
from appliance.web.reply import Reply, respond
from appliance.web.routing import on


@dataclass(frozen=True)
class Sent:
    """The body of `POST /api/v1/uploads`."""

    file: Annotated[Upload, Help("The file"), Accepts(*Kind)]
    filename: Annotated[str | None, Help("Its name, where the part has none"), Length(1, 255)] = (
        None
    )


def add(blueprint: Blueprint, desk: Desk) -> None:
    """Register `/api/v1/uploads`."""
    box = desk.box
    fields = fields_of(Sent)

    @on(blueprint, "/api/v1/uploads", "POST")
    def send() -> Response:
        """Keep a file for later jobs."""
        actor = require(box, None)
        body = read_body()
        values = Intake(box, actor, usual_room(box.settings)).take(fields, body.values)
        upload = read(fields, values, lenient=body.lenient)["file"]
        return respond(Reply({"data": _shown(upload)}, 201))

    @on(blueprint, "/api/v1/uploads/<upload_id>")
    def read_upload(upload_id: str) -> Response:
        """Show an upload."""
        actor = require(box, None)
        return respond(Reply({"data": _shown(uploads.find(box, actor.account, upload_id))}))


def _shown(upload: Upload) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "upload_id": upload.id,
        "filename": upload.name,
        "mime_type": upload.mime,
        "bytes": upload.bytes,
        "sha256": upload.sha256,
    }
    if upload.facts.width_px:
        shown |= {"width": upload.facts.width_px, "height": upload.facts.height_px}
    return shown
