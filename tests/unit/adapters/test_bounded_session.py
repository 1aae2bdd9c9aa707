from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress

import pytest
from ssrfguard import Policy

from appliance.adapters import outbound
from appliance.adapters.bounded_session import BoundedSession, Overdue
from appliance.adapters.outbound import Outside, Unreachable

TRICKLE = {
    "in its headers": b"HTTP/1.1 200 OK\r\nX-Slow: ",
    "in its body": b"HTTP/1.1 200 OK\r\n\r\n",
    "in a body of a length": b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n",
    "before anything": b"",
}


@pytest.fixture(params=TRICKLE.values(), ids=TRICKLE)
def dripping(request):
    """The port of a server that begins at once and then sends a byte now and then."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_drip, args=(server, request.param, over), daemon=True).start()
        yield server.getsockname()[1]
        over.set()


def _drip(server: socket.socket, first: bytes, over: threading.Event) -> None:
    with suppress(OSError):
        taken, _ = server.accept()
        with taken:
            taken.sendall(first)
            while not over.wait(0.05):
                taken.sendall(b"x")


def loose() -> Policy:
    return Policy(allowed_networks=("127.0.0.0/8",), allowed_ports=frozenset(range(1, 65536)))


def test_a_server_that_drips_is_left_at_the_deadline(dripping):
    began = time.monotonic()

    with pytest.raises(Overdue), BoundedSession(loose(), 0.3) as session:
        session.get(f"http://127.0.0.1:{dripping}/", timeout=30, stream=True).raw.read()

    assert time.monotonic() - began < 20  # the server would go on for ever


def test_a_file_that_drips_is_no_file(dripping, tmp_path, monkeypatch):
    monkeypatch.setattr(outbound, "_NEVER", ())
    monkeypatch.setattr(outbound, "own_addresses", frozenset)
    out = Outside(["127.0.0.1/32"], ["127.0.0.1"], own_port=1)

    with pytest.raises(Unreachable, match="too long"):
        out.fetch(
            f"http://127.0.0.1:{dripping}/a.png",
            tmp_path / "a",
            field="image",
            most_bytes=1000,
            timeout_s=0.3,
        )

    assert not (tmp_path / "a").exists()


def test_in_time_nothing_is_cut_off():
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_answer, args=(server,), daemon=True).start()
        port = server.getsockname()[1]

        with BoundedSession(loose(), 30) as session:
            assert session.get(f"http://127.0.0.1:{port}/", timeout=30).text == "hello"

        # A timer that was called off may take a moment to end; one that was not would cut later.
        timers = [each for each in threading.enumerate() if isinstance(each, threading.Timer)]
        assert all(each.finished.is_set() for each in timers)


def _answer(server: socket.socket) -> None:
    taken, _ = server.accept()
    with taken:
        taken.recv(4096)
        taken.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
