"""A receiver of webhooks on loopback, which checks each delivery with the package that customers
use.
"""

from __future__ import annotations

import http.server
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any
from unittest.mock import patch

from standardwebhooks import Webhook, webhooks

from appliance.core.clock import SYSTEM_CLOCK, Clock

LOOPBACK = {"outbound__lan": ["127.0.0.1/32"], "outbound__plain_hosts": ["127.0.0.1"]}


@dataclass(frozen=True)
class Answering:
    """How the receiver answers once. `after_s`: how long it takes."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b"thanks"
    after_s: float = 0.0


@dataclass(frozen=True)
class Told:
    """What came in, and when."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: datetime

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    def verified(self, secret: str) -> Any:
        """The body, if the secret signed it for that moment. Raises WebhookVerificationError."""

        class Then(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> datetime:
                return self.at

        with patch.object(webhooks, "datetime", Then):
            return Webhook(secret).verify(self.body, self.headers)


class Receiver:
    """Answers 200, unless `answers` says otherwise for the next ones."""

    def __init__(self, clock: Clock = SYSTEM_CLOCK) -> None:
        self.got: list[Told] = []
        self.answers: deque[Answering] = deque()
        self.usual = Answering()
        self._clock = clock
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/hook"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.got.append(Told(self.path, headers, body, receiver._clock.now()))
                answer = receiver.answers.popleft() if receiver.answers else receiver.usual
                time.sleep(answer.after_s)
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            def do_GET(self) -> None:
                raise AssertionError("a redirect was followed")

            def handle(self) -> None:
                try:
                    super().handle()
                except ConnectionError:
                    return  # whoever asked has lost patience, or was killed

            def log_message(self, *_: object) -> None:
                return

        return Handler


@contextmanager
def receiving(clock: Clock = SYSTEM_CLOCK) -> Iterator[Receiver]:
    receiver = Receiver(clock)
    try:
        yield receiver
    finally:
        receiver.close()
