"""Downloads behind signed links: ranged, conditional, and unable to run anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from flask import Response, request, send_file
from flask_smorest import Blueprint

from appliance.core.clock import micros
from appliance.core.errors import Busy, Forbidden
from appliance.core.params import Help, Length
from appliance.services.files.links import (
    NOT_VALID,
    Disposition,
    Presented,
    Served,
    opened,
)
from appliance.web.families.family import Desk
from appliance.web.refusals import RangeNotSatisfiable
from appliance.web.routing import on

# A browser must not take a picture for a page, whatever an attacker hid in it.
_ACTIVE = ("image/svg+xml", "text/html", "application/xhtml+xml", "application/xml", "text/xml")


@dataclass(frozen=True)
class Signed:
    """What a link is made of."""

    file: Annotated[str, Help("Which file"), Length(1, 100)]
    name: Annotated[str, Help("What it is called"), Length(1, 255)]
    expires: Annotated[str, Help("Unix seconds when the link ends"), Length(0, 20)] = ""
    kid: Annotated[str, Help("Which key signed it"), Length(0, 40)] = ""
    sig: Annotated[str, Help("The signature"), Length(0, 100)] = ""


def add(blueprint: Blueprint, desk: Desk) -> None:
    """Register `/files/…`."""

    @on(
        *(blueprint, "/files/<file>/<name>"),
        asks=Signed,
        gives={200: "*/*", 206: "*/*", 304: None},
        refuses=(Forbidden, RangeNotSatisfiable, Busy),
        keyless=True,
    )
    def download(file: str, name: str) -> Response:
        """Send the file behind a link."""
        args = request.args
        shown = Presented(
            file, name, args.get("expires", ""), args.get("kid", ""), args.get("sig", "")
        )
        served = opened(desk.box, shown)
        try:
            response = _sent(served)
        except FileNotFoundError:  # its time ended this very moment
            raise Forbidden(NOT_VALID) from None
        left = max(served.expires - micros(desk.box.clock.now()) // 1_000_000, 0)
        response.headers["Cache-Control"] = f"private, max-age={left}"
        response.headers["Referrer-Policy"] = "no-referrer"
        if served.mime in _ACTIVE:
            response.headers["Content-Security-Policy"] = (
                "sandbox; default-src 'none'; style-src 'unsafe-inline'"
            )
        return response


def _sent(served: Served) -> Response:
    _ignore_odd_range(served.path.stat().st_size)
    return send_file(
        served.path,
        mimetype=served.mime,
        download_name=served.name,
        as_attachment=served.disposition is Disposition.ATTACHMENT,
        conditional=True,
        etag=served.sha256,
    )


def _ignore_odd_range(size: int) -> None:
    # Malformed, of several parts, in another unit, or the last bytes of more than there are:
    # RFC 9110 has the whole file sent, werkzeug would refuse.
    asked = request.range
    single = asked is not None and asked.units == "bytes" and len(asked.ranges) == 1
    if not (single and asked and asked.ranges[0][0] >= -size):
        request.environ.pop("HTTP_RANGE", None)
