"""Resumable uploads as tus 1.0 speaks of them: the headers of its requests and replies.

Core protocol, creation, termination, expiration and checksum: https://tus.io/protocols
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from email.utils import format_datetime

from flask import Response, request

from appliance.core.errors import InvalidInput, UnsupportedMedia
from appliance.core.files import safe_name
from appliance.core.jobs import Actor
from appliance.services.box import Box
from appliance.services.files import resumable
from appliance.services.files.resumable import Piece, Standing
from appliance.web.reply import nothing

VERSION = "1.0.0"
PIECE = "application/offset+octet-stream"
_ALGORITHMS = ("sha1", "sha256", "md5")
_PART = 1 << 18  # bytes held in memory at once
_NUMBER = re.compile(r"[0-9]{1,18}")


class UnknownVersion(InvalidInput):
    """The request speaks another version of tus; `Tus-Version` says which is spoken here."""

    status = 412


def spoken() -> bool:
    """Whether this request is one of tus."""
    return "Tus-Resumable" in request.headers


def introduce(response: Response, box: Box) -> None:
    """Say on a reply that tus is spoken; to OPTIONS also what of it."""
    response.headers["Tus-Resumable"] = VERSION
    if request.method == "OPTIONS" or response.status_code == UnknownVersion.status:
        response.headers["Tus-Version"] = VERSION
        response.headers["Tus-Extension"] = "creation,termination,expiration,checksum"
        response.headers["Tus-Max-Size"] = str(resumable.largest(box))
        response.headers["Tus-Checksum-Algorithm"] = ",".join(_ALGORITHMS)


def create(box: Box, actor: Actor, address: str) -> Response:
    """Begin an upload; its pieces go to `address` + its id. Raises as `resumable.begin` does."""
    _check_version()
    begun = resumable.begin(box, actor.account, name=_filename(), size=_number("Upload-Length"))
    response = nothing(201)
    response.headers["Location"] = address + begun.id
    return _with_standing(response, begun)


def tell(box: Box, actor: Actor, upload_id: str) -> Response:
    """Say how far an upload has come. Raises NotFound."""
    return _with_standing(nothing(200), resumable.standing(box, actor.account, upload_id))


def append(box: Box, actor: Actor, upload_id: str) -> Response:
    """Take a piece. Raises UnsupportedMedia, and what `resumable.append` raises."""
    _check_version()
    if request.mimetype != PIECE:
        raise UnsupportedMedia(f"Send a piece of an upload as {PIECE}.")
    request.max_content_length = None  # the upload's own limit holds
    piece = Piece(_number("Upload-Offset"), _parts(), _digest())
    return _with_standing(nothing(), resumable.append(box, actor.account, upload_id, piece))


def _with_standing(response: Response, found: Standing) -> Response:
    response.headers["Upload-Offset"] = str(found.offset)
    response.headers["Upload-Length"] = str(found.bytes)
    response.headers["Cache-Control"] = "no-store"
    if found.expires_at is not None:
        response.headers["Upload-Expires"] = format_datetime(found.expires_at, usegmt=True)
    return response


def _check_version() -> None:
    if request.headers.get("Tus-Resumable") != VERSION:
        raise UnknownVersion(f"Say Tus-Resumable: {VERSION}.", field="Tus-Resumable")


def _number(header: str) -> int:
    text = request.headers.get(header, "")
    if not _NUMBER.fullmatch(text):
        raise InvalidInput(f"{header} must be a number of bytes.", field=header)
    return int(text)


def _parts() -> Iterator[bytes]:
    while part := request.stream.read(_PART):
        yield part


def _filename() -> str:
    """The name in Upload-Metadata: pairs of a key and base64, with commas between."""
    pairs = (pair.split() for pair in request.headers.get("Upload-Metadata", "").split(","))
    given = {pair[0]: pair[1] for pair in pairs if len(pair) == 2}
    coded = given.get("filename") or given.get("name") or ""
    return safe_name(_decoded("Upload-Metadata", coded).decode("utf-8", "replace"))


def _digest() -> tuple[str, bytes] | None:
    given = request.headers.get("Upload-Checksum")
    if given is None:
        return None
    name, _, coded = given.partition(" ")
    if name not in _ALGORITHMS:
        raise InvalidInput(
            f"Upload-Checksum must name one of {', '.join(_ALGORITHMS)}.", field="Upload-Checksum"
        )
    return name, _decoded("Upload-Checksum", coded)


def _decoded(header: str, coded: str) -> bytes:
    try:
        return base64.b64decode(coded, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidInput(f"{header} is not valid base64.", field=header) from None
