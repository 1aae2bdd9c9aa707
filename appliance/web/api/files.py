"""Downloads behind signed links: ranged, conditional, and unable to run anything."""

from __future__ import annotations

from flask import Response, request, send_file
from flask_smorest import Blueprint

from appliance.core.clock import micros
from appliance.services.files.links import Presented, opened
from appliance.web.families.family import Desk
from appliance.web.routing import on

# A browser must not take a picture for a page, whatever an attacker hid in it.
_ACTIVE = ("image/svg+xml", "text/html", "application/xml")


def add(blueprint: Blueprint, desk: Desk) -> None:
    """Register `/files/…`."""

    @on(blueprint, "/files/<file>/<name>")
    def download(file: str, name: str) -> Response:
        """Send the file behind a link."""
        args = request.args
        shown = Presented(
            file, name, args.get("expires", ""), args.get("kid", ""), args.get("sig", "")
        )
        served = opened(desk.box, shown)
        response = send_file(
            served.path,
            mimetype=served.mime,
            download_name=served.name,
            conditional=True,
            etag=served.sha256,
        )
        left = max(served.expires - micros(desk.box.clock.now()) // 1_000_000, 0)
        response.headers["Cache-Control"] = f"private, max-age={left}"
        response.headers["Referrer-Policy"] = "no-referrer"
        if served.mime in _ACTIVE:
            response.headers["Content-Security-Policy"] = (
                "sandbox; default-src 'none'; style-src 'unsafe-inline'"
            )
        return response
