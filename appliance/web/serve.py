"""The web process from start to planned stop."""

from __future__ import annotations

import logging
import signal
from types import FrameType
from typing import Any

from waitress import create_server

from appliance.services.box import Box
from appliance.web.app import create_app

log = logging.getLogger(__name__)
_DRAIN_S = 20


def serve(box: Box) -> None:
    """Answer until SIGTERM or SIGINT; requests in flight are finished first."""
    settings = box.settings.server
    host = "0.0.0.0" if settings.lan else settings.host  # noqa: S104  asked for by `lan`
    server: Any = create_server(
        create_app(box),
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
        signal.signal(number, _leave)
    log.info("answering on http://%s:%s", host, settings.port)
    try:
        server.run()
    finally:
        server.task_dispatcher.shutdown(timeout=_DRAIN_S)
        server.close()


def _leave(_signal: int, _frame: FrameType | None) -> None:
    # waitress leaves its loop on SystemExit and drains; its default on SIGTERM is to die.
    raise SystemExit(0)
