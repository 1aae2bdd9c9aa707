"""A reader of Server-Sent Events that keeps what it was told and can be cut off at any moment."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPResponse
from socket import SHUT_RDWR
from typing import Any
from urllib.parse import urlsplit

from tests.support.running import Client

PATIENCE_S = 120


@dataclass(frozen=True)
class Told:
    id: str
    name: str
    data: Any


@dataclass
class Listener:
    """One connection, read in a thread of its own. `last` is the id to go on after."""

    client: Client
    path: str
    last: str = ""
    told: list[Told] = field(default_factory=list)
    status: int = 0
    ended: bool = False  # the server hung up, in order

    def __post_init__(self) -> None:
        self._connection = HTTPConnection(urlsplit(self.client.base).netloc, timeout=PATIENCE_S)
        headers = {"Authorization": f"Bearer {self.client.key}", "Accept": "text/event-stream"}
        if self.last:
            headers["Last-Event-ID"] = self.last
        self._connection.request("GET", self.path, headers=headers)
        self._socket = self._connection.sock
        reply = self._connection.getresponse()
        self.status = reply.status
        self._news = threading.Condition()
        self._thread = threading.Thread(target=self._read, args=(reply,), daemon=True)
        self._thread.start()

    def _read(self, reply: HTTPResponse) -> None:
        fields: dict[str, str] = {}
        try:
            while line := reply.readline().decode():
                name, _, value = line.rstrip("\n").partition(": ")
                if name:
                    fields[name] = value
                elif line == "\n":
                    self._keep(fields)
                    fields = {}
            self.ended = True
        except (OSError, HTTPException):
            pass  # cut off
        finally:
            reply.close()
            self._connection.close()

    def _keep(self, fields: dict[str, str]) -> None:
        with self._news:
            self.last = fields.get("id", self.last)
            if "event" in fields:
                told = Told(self.last, fields["event"], json.loads(fields["data"]))
                self.told.append(told)
            self._news.notify_all()

    def until(self, reached: Callable[[list[Told]], object]) -> list[Told]:
        """What was told once `reached` holds of it."""
        with self._news:
            assert self._news.wait_for(lambda: reached(self.told), PATIENCE_S), self.told
            return list(self.told)

    def heard(self, name: str, count: int = 1) -> list[Told]:
        """What was told once `name` came so many times."""
        return self.until(lambda told: sum(each.name == name for each in told) >= count)

    def cut(self) -> None:
        """Break the connection, as a network does."""
        with suppress(OSError):  # the other side was first
            self._socket.shutdown(SHUT_RDWR)
        self.end()

    def end(self) -> list[Told]:
        """What was told when the connection is over."""
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()
        return self.told
