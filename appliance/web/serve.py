"""The web process from start to planned stop."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable
from ipaddress import ip_address
from types import FrameType
from typing import Any

from waitress import create_server

from appliance.adapters.config import Server, SettingsError
from appliance.services.box import Box
from appliance.web.app import create_app
from appliance.web.waiting import Waiters

log = logging.getLogger(__name__)
_DRAIN_S = 20


def serve(box: Box) -> None:
    """Answer until SIGTERM or SIGINT; requests in flight are finished first."""
    settings = box.settings.server
    app = create_app(box)
    host = bind_address(settings)
    server: Any = create_server(
        app,
        host=host,
        port=settings.port,
        threads=settings.threads,
        # Above Flask's own limit, so that a too large body is refused in the family's form.
        max_request_body_size=box.settings.limits.upload_bytes * 2,
        connection_limit=500,
        channel_request_lookahead=1,
        ident=None,
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leaver(app.extensions["waiters"]))
    log.info("answering on http://%s:%s", host, settings.port)
    try:
        server.run()
    finally:
        server.task_dispatcher.shutdown(timeout=_DRAIN_S)
        server.close()


def bind_address(settings: Server) -> str:
    """Where to listen. Raises SettingsError for an address beyond this machine without `lan`:
    keys would cross the network in clear.
    """
    if settings.lan:
        return "0.0.0.0"  # noqa: S104  asked for by `lan`
    if settings.host == "localhost" or ip_address(settings.host).is_loopback:
        return settings.host
    raise SettingsError(
        f"[server] host = {settings.host!r} is open to the network without TLS. Put a TLS proxy in"
        " front of 127.0.0.1, or accept it: lan = true, or appliance start --lan."
    )


def _leaver(waiters: Waiters) -> Callable[[int, FrameType | None], None]:
    def leave(_signal: int, _frame: FrameType | None) -> None:
        waiters.leave()
        # waitress leaves its loop on SystemExit and drains; its default on SIGTERM is to die.
        raise SystemExit(0)

    return leave
