"""Errors in the envelope of the family that owns the path, whatever went wrong and wherever."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException, RequestedRangeNotSatisfiable

from appliance.core.errors import (
    ApplianceError,
    InternalError,
    InvalidInput,
    MethodNotAllowed,
    NotFound,
    TooLarge,
    UnsupportedMedia,
)
from appliance.web.families.family import Family, Refused
from appliance.web.reply import Reply, respond

log = logging.getLogger(__name__)


class RangeNotSatisfiable(InvalidInput):
    """The part of a file that was asked for is beyond its end."""

    status = 416


_OWNERS = (
    ("/api/v1/image/", "wallet"),
    ("/api/v1/video/", "wallet"),
    ("/api/v1/director/", "wallet"),
    ("/api/v1/wallet", "wallet"),
    ("/api/v1/ping", "tools"),
    ("/api/v1/balance", "tools"),
    ("/api/v1/tools", "tools"),
    ("/api/v1/process", "product"),
    ("/api/v1/compliance", "product"),
    ("/api/v1/upscale", "product"),
    ("/api/v1/backgrounds", "product"),
    ("/api/v1/relight", "product"),
    ("/api/v1/batch", "product"),
    ("/api/v1/integrations", "product"),
    ("/api/v1/publish-activity", "product"),
    ("/api/v1/openapi", "product"),
    ("/api/v1/postman", "product"),
    ("/api/v1", "jobs"),
    ("/api", "studio"),
)


def owner(path: str) -> str:
    """The family that owns a path nobody registered."""
    for prefix, family in _OWNERS:
        if path == prefix or path.startswith(prefix if prefix.endswith("/") else f"{prefix}/"):
            return family
    return "jobs"


def refuse_in_kind(app: Flask, families: Mapping[str, Family]) -> None:
    """Let every error of the app answer in its family's form."""

    def refused(error: ApplianceError) -> Response:
        # A blueprint is named for its family; the appliance's own wear the jobs family's envelope.
        name = request.blueprint if request.blueprint in families else None
        if name is None:
            name = "jobs" if request.blueprint else owner(request.path)
        g.family = name
        languages = tuple(code for code, _quality in request.accept_languages)
        reply = families[name].envelope.refuse(error, Refused(g.request_id, languages))
        return _with_headers(reply, error)

    def http_error(error: HTTPException) -> Response:
        response = refused(_translated(error))
        if isinstance(error, RequestedRangeNotSatisfiable):
            response.headers["Content-Range"] = f"bytes */{error.length}"
        return response

    def bug(error: Exception) -> Response:
        log.error("request %s failed by a bug of ours", g.request_id, exc_info=error)
        message = f"Something went wrong on the appliance. Its log knows it as {g.request_id}."
        return refused(InternalError(message))

    app.register_error_handler(ApplianceError, refused)
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(Exception, bug)


def _with_headers(reply: Reply, error: ApplianceError) -> Response:
    response = respond(reply)
    if error.retry_after_s is not None:
        response.headers["Retry-After"] = str(error.retry_after_s)
    if "allow" in error.details:
        response.headers["Allow"] = ", ".join(error.details["allow"])
    return response


def _translated(error: HTTPException) -> ApplianceError:
    code = error.code or 500
    if code == 405:
        allowed = sorted(getattr(error, "valid_methods", None) or ())
        return MethodNotAllowed(
            f"{request.method} is not possible here; {', '.join(allowed)} is.",
            details={"allow": allowed},
        )
    if code == 404:
        return NotFound(f"There is nothing at {request.path[:200]}.")
    if code == 413:
        return TooLarge("The request is larger than this appliance takes.")
    if isinstance(error, RequestedRangeNotSatisfiable):
        return RangeNotSatisfiable("The file ends before this range begins.")
    if code == 415:
        return UnsupportedMedia("The body is of a type this route does not read.")
    if code >= 500:
        return InternalError(f"Something went wrong on the appliance ({g.request_id}).")
    return InvalidInput(error.description or "The request is malformed.")
