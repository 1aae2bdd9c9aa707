"""Clients that send one request after another over kept connections, and time each reply."""

from __future__ import annotations

import socket
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

_LENGTH = b"content-length:"


@dataclass(frozen=True)
class Reply:
    """A reply's status, its head as bytes in lower case, and its body."""

    status: int
    head: bytes
    body: bytes

    def header(self, name: str) -> str:
        """A header's value, "" without it."""
        _, _, after = self.head.partition(f"\r\n{name}: ".encode())
        return after.split(b"\r\n", 1)[0].decode()


@dataclass(frozen=True)
class Load:
    """What a crowd of clients saw. `seconds`: of each reply, sorted."""

    elapsed_s: float
    seconds: tuple[float, ...]

    @property
    def rate(self) -> float:
        """Replies a second, all clients together."""
        return len(self.seconds) / self.elapsed_s

    @property
    def median_ms(self) -> float:
        """The middle reply's time."""
        return statistics.median(self.seconds) * 1000

    @property
    def p99_ms(self) -> float:
        """The time that one reply of a hundred passes."""
        return self.seconds[int(len(self.seconds) * 0.99)] * 1000


class Connection:
    """One kept connection to a loopback port."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._kept = b""

    def ask(self, request: bytes) -> Reply:
        """Send the bytes of a request and read the whole reply."""
        self._socket.sendall(request)
        while (end := self._kept.find(b"\r\n\r\n")) < 0:
            self._more()
        head = self._kept[:end].lower()
        status = int(head[9:12])
        at = head.find(_LENGTH)
        length = int(head[at + len(_LENGTH) :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        whole = end + 4 + (0 if status in (204, 304) else length)
        while len(self._kept) < whole:
            self._more()
        body, self._kept = self._kept[end + 4 : whole], self._kept[whole:]
        return Reply(status, head, body)

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _more(self) -> None:
        got = self._socket.recv(65536)
        if not got:
            raise ConnectionError("the server hung up in the middle of a reply")
        self._kept += got


def written(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """The bytes of an HTTP/1.1 request."""
    given = {"Host": "127.0.0.1", **headers}
    if body:
        given |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
    lines = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    return f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + body


@dataclass
class _Counted:
    """What all clients of a crowd share. `numbers`: those still to be asked for."""

    numbers: Iterator[int]
    request: Callable[[int], bytes]
    status: int
    seconds: list[float] = field(default_factory=list)
    wrong: list[Reply] = field(default_factory=list)

    def ask_all(self, connection: Connection) -> None:
        for number in self.numbers:  # next() of a range iterator is one step of the interpreter
            sent = time.perf_counter()
            try:
                reply = connection.ask(self.request(number))
            except OSError as hung_up:
                reply = Reply(0, b"", str(hung_up).encode())
            self.seconds.append(time.perf_counter() - sent)
            if reply.status != self.status:
                self.wrong.append(reply)
                return


def crowd(
    port: int, clients: int, *, replies: int, status: int, request: Callable[[int], bytes]
) -> Load:
    """Let `clients` at once ask until `replies` have come. `request` gives the bytes of the n-th.

    Raises ValueError for a reply of another status than `status`: the figures would say nothing.
    """
    counted = _Counted(iter(range(replies)), request, status)
    connections = [Connection(port) for _ in range(clients)]
    threads = [threading.Thread(target=counted.ask_all, args=(each,)) for each in connections]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed = time.perf_counter() - began
    for connection in connections:
        connection.close()
    for reply in counted.wrong:
        raise ValueError(f"expected {status}, got {reply.status}: {reply.body[:300]!r}")
    return Load(elapsed, tuple(sorted(counted.seconds)))
