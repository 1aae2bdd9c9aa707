"""A guarded HTTP session that ends at a deadline, whatever the other side does.

The usual time-outs are for one wait on a socket: a server that sends a byte now and then, in its
handshake, its headers or its body, holds a thread for as long as it likes. Here every socket of the
session is shut when its time is over.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Generator
from contextlib import suppress
from typing import Any

from requests import Response
from ssrfguard import Policy
from ssrfguard.requests import Session
from typing_extensions import override

from appliance.core.errors import ProcessingFailed


class Overdue(ProcessingFailed):
    """The other side took longer than it may."""


class BoundedSession(Session):
    """A session of `ssrfguard` for `timeout_s` seconds in all, without proxies and redirects."""

    def __init__(self, policy: Policy, timeout_s: float) -> None:
        super().__init__(policy=policy)
        self.trust_env = False  # a proxy would do the resolving, unguarded
        self._sockets: list[socket.socket] = []
        self._over = threading.Event()
        self._timer = threading.Timer(timeout_s, self._end)
        self._timer.daemon = True
        adapter: Any = self.adapters["https://"]  # the same one as for http
        for pool in adapter.poolmanager.pool_classes_by_scheme.values():
            pool.ConnectionCls = _watched(pool.ConnectionCls, self._sockets)

    @override
    def __enter__(self) -> BoundedSession:
        self._timer.start()
        return self

    @override
    def __exit__(self, kind: Any, error: BaseException | None, _trace: Any) -> None:
        self._timer.cancel()
        super().__exit__()
        for each in self._sockets:
            each.close()
        # A body cut off at the deadline looks like one that ended.
        if self._over.is_set():
            raise Overdue("It took too long to answer.") from error

    @override
    def resolve_redirects(self, *_args: Any, **_named: Any) -> Generator[Response, None, None]:
        # Asked even of a session that follows none; it would read a redirect's body, however long.
        yield from ()

    def _end(self) -> None:
        self._over.set()
        for each in self._sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


def _watched(kind: type[Any], sockets: list[socket.socket]) -> type[Any]:
    class Watched(kind):  # type: ignore[misc]  # the session's own kind of connection
        def _new_conn(self) -> socket.socket:
            opened: socket.socket = super()._new_conn()
            sockets.append(opened.dup())  # TLS takes the socket itself over
            return opened

    return Watched
