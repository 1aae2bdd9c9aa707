"""Wake-ups between the processes of the box: Unix datagrams, small and allowed to get lost.

A datagram only says "look again"; what is true stands in the rows. So a full buffer, a dead
receiver or a lost message costs a moment, never a job.
"""

from __future__ import annotations

import atexit
import os
import select
import socket
from contextlib import suppress
from functools import cache
from pathlib import Path

WEB = "web.sock"  # in the run folder: what the web process listens to
_LARGEST = 512
_ADDRESS = 100  # bytes; 107 is the system's limit


class Doorbell:
    """Receives wake-ups at a path. One receiver a path; binding takes over a dead one's."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        with _short(path) as near:
            self._socket.bind(near)
        self._socket.settimeout(0)
        self.path = path
        self._inode = path.stat().st_ino

    def wait(self, timeout_s: float) -> list[str]:
        """The messages that arrive within `timeout_s`, all that are there at once; maybe none."""
        if not select.select([self._socket], [], [], timeout_s)[0]:
            return []
        return self._drain()

    def _drain(self) -> list[str]:
        messages: list[str] = []
        while True:
            try:
                messages.append(self._socket.recv(_LARGEST).decode("ascii", "replace"))
            except BlockingIOError:
                return messages

    def close(self) -> None:
        """Stop receiving."""
        self._socket.close()
        # A successor may have taken the path over already; then it is not ours to remove.
        with suppress(FileNotFoundError):
            if self.path.stat().st_ino == self._inode:
                self.path.unlink()


def ring(path: Path, message: str = "") -> None:
    """Send a wake-up to whoever listens at `path`; nobody there is no error."""
    text = message.encode("ascii")[:_LARGEST]
    try:
        if len(os.fsencode(path)) <= _ADDRESS:
            _sender().sendto(text, str(path))
        else:
            with _short(path) as near:
                _sender().sendto(text, near)
    except OSError:
        return


@cache
def _sender() -> socket.socket:
    sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    sender.settimeout(0)
    atexit.register(sender.close)
    return sender


class _short:  # noqa: N801  reads as a verb in `with _short(path)`
    """The socket's address through an open folder: a Unix address holds 107 bytes at most, and a
    box may live deeper than that.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> str:
        self._folder = os.open(self._path.parent, os.O_PATH | os.O_DIRECTORY)
        return f"/proc/self/fd/{self._folder}/{self._path.name}"

    def __exit__(self, *_: object) -> None:
        os.close(self._folder)
