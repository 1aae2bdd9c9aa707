"""The web process from start to planned stop."""

from __future__ import annotations

import copy
import logging
import signal
import tempfile
from collections.abc import Callable
from ipaddress import ip_address
from types import FrameType
from typing import Any

from flask import Flask
from typing_extensions import override
from waitress import create_server
from waitress.channel import ClientDisconnected, HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.task import WSGITask

from appliance.adapters.config import Settings, SettingsError
from appliance.adapters.sections import Server
from appliance.services.box import Box
from appliance.services.jobs import steering
from appliance.web.api import batches, resumable
from appliance.web.app import create_app
from appliance.web.turns import TakingTurns
from appliance.web.waiting import Waiters

log = logging.getLogger(__name__)
_DRAIN_S = 20


def serve(box: Box) -> None:
    """Answer until SIGTERM or SIGINT; requests in flight are finished first."""
    settings = box.settings.server
    tempfile.tempdir = str(box.home.tmp)  # bodies lie there; the system's may be memory
    app = create_app(box)
    host = bind_address(settings)
    server = listening(app, box.settings, host)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leaver(app.extensions["waiters"]))
    steering.nudge_pending(box)  # a web process before this one may have died before it nudged
    log.info("answering on http://%s:%s", host, settings.port)
    try:
        server.run()
    finally:
        for channel in [*server.active_channels.values()]:
            if channel.cut_short():
                channel.service()
        server.task_dispatcher.shutdown(timeout=_DRAIN_S)
        server.close()


class _KeptTask(WSGITask):  # type: ignore[misc]  # waitress ships no types
    @override
    def set_close_on_finish(self) -> None:
        # waitress hangs up after every reply without a length, also a 204 or 304 that cannot have
        # one: whoever polls with an ETag would connect anew each time.
        if self.has_body or self.request.headers.get("CONNECTION", "").lower() == "close":
            super().set_close_on_finish()


class _Parser(HTTPRequestParser):  # type: ignore[misc]  # as above
    """Knows a piece of a resumable upload: it may be large, and what came of it counts. A batch may
    be large too.
    """

    adj: Any
    piece = cut = False

    @override
    def parse_header(self, header_plus: bytes) -> None:
        super().parse_header(header_plus)
        kind = self.headers.get("CONTENT_TYPE", "")
        if self.command == "PATCH" and kind == resumable.PIECE:
            self.piece = True
            self._take(self.adj.max_piece_size)
        elif self.command == "POST" and self.path == batches.PATH:
            self._take(self.adj.max_batch_size)

    def _take(self, size: int) -> None:
        self.adj = copy.copy(self.adj)
        self.adj.max_request_body_size = size

    def end_here(self) -> None:
        """Make of what has come a request of its own."""
        self.cut = self.completed = True
        self.headers["CONTENT_LENGTH"] = str(len(self.body_rcv))


class _KeptChannel(HTTPChannel):  # type: ignore[misc]  # as above
    task_class = _KeptTask
    parser_class = _Parser
    request: Any
    requests: list[Any]
    flushing = False

    @override
    def writable(self) -> bool:
        # While a thread of the application sends, waitress's own loop would go round and round,
        # each time finding the channel writable and taking the interpreter from that thread.
        return bool(not self.flushing and super().writable())

    @override
    def _flush_exception(self, flush: Any, do_close: bool = True) -> Any:
        if do_close:  # it is the loop that sends
            return super()._flush_exception(flush, do_close)
        self.flushing = True
        try:
            return super()._flush_exception(flush, do_close)
        finally:
            self.flushing = False

    @override
    def handle_close(self) -> None:
        super().handle_close()
        if self.cut_short():
            self.server.add_task(self)

    def cut_short(self) -> bool:
        """Whether a piece of a resumable upload breaks off here. What came of it is the channel's
        request then: waitress would throw it away, and the client begin the piece anew.
        """
        # waitress itself may hold the lock and find the client gone, while it says 100 Continue.
        if not self.requests_lock.acquire(blocking=False):
            return False
        try:
            partial = self.request
            if self.requests or partial is None or not partial.piece or not partial.body_rcv:
                return False
            self.request = None
            partial.end_here()
            self.requests = [partial]
            return True
        finally:
            self.requests_lock.release()

    @override
    def service(self) -> None:
        request = self.requests[0]
        if not getattr(request, "cut", False):
            super().service()
            return
        try:
            self.task_class(self, request).service()
        except ClientDisconnected:
            pass  # nobody is left to hear the answer
        finally:
            request.close()
            self.requests = []


def listening(app: Flask, settings: Settings, host: str) -> Any:
    """waitress, bound and ready to run."""
    turns = TakingTurns()
    turns.set_thread_count(settings.server.threads)
    server: Any = create_server(
        app,
        _dispatcher=turns,
        host=host,
        port=settings.server.port,
        # Above Flask's own limit, so that a too large body is refused in the family's form.
        max_request_body_size=settings.limits.upload_bytes * 2,
        connection_limit=500,
        channel_request_lookahead=1,
        ident=None,
    )
    server.adj.max_piece_size = settings.limits.video_bytes + 1
    server.adj.max_batch_size = settings.batch.bytes * 2
    server.channel_class = _KeptChannel
    return server


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
