"""A large file in pieces, to a real web process whose connection breaks and which is killed."""

from __future__ import annotations

import hashlib
import random
import signal
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from tests.support import boxes
from tests.support.running import Appliance, Client

MB = 1_000_000
BYTES = 150 * MB
HEAD = boxes.movie()[:-8] + b"\0\0\0\0mdat"  # whose pictures go on to the end of the file
BLOCK = random.Random(7).randbytes(MB)
MOST_MB = 120
TUS = {"Tus-Resumable": "1.0.0"}


@dataclass
class Home:
    appliance: Appliance
    client: Client

    @property
    def left(self) -> list[Path]:
        data = self.appliance.home / "data"
        return [*data.glob("tmp/*/*"), *data.glob("uploads/*")]


@pytest.fixture
def home(tmp_path) -> Iterator[Home]:
    rates = {"APPLIANCE_RATES__MANAGEMENT": "100000 per 1 minute"}
    (tmp_path / "data").mkdir()
    appliance = Appliance(tmp_path, rates)
    try:
        yield Home(appliance, appliance.start())
    finally:
        appliance.stop()


def movie(start: int, end: int) -> Iterator[bytes]:
    """The bytes of a file of any length, from `start` to `end`."""
    at = start
    while at < end:
        number, inside = divmod(at, MB)
        block = HEAD + BLOCK[len(HEAD) :] if number == 0 else BLOCK
        part = block[inside : inside + end - at]
        yield part
        at += len(part)


class Memory:
    """The most memory the web process ever had, in MB, looked at a hundred times a second."""

    def __init__(self, appliance: Appliance) -> None:
        self.most_mb = 0.0
        self._appliance, self._ended = appliance, threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Memory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        process: psutil.Process | None = None
        while not self._ended.wait(0.01):
            try:
                process = process or psutil.Process(self._appliance.pid("web"))
                self.most_mb = max(self.most_mb, process.memory_info().rss / MB)
            except (psutil.Error, LookupError):
                process = None  # it is being started anew


def send(home: Home, path: str, start: int, announced: int, sent: int) -> socket.socket:
    """Send the first `sent` bytes of a piece that is to have `announced`."""
    connection = socket.create_connection(("127.0.0.1", home.appliance.port), timeout=120)
    head = (
        f"PATCH {path} HTTP/1.1\r\nHost: box\r\nConnection: close\r\n"
        f"Authorization: Bearer {home.client.key}\r\nTus-Resumable: 1.0.0\r\n"
        f"Upload-Offset: {start}\r\nContent-Type: application/offset+octet-stream\r\n"
        f"Content-Length: {announced}\r\n\r\n"
    )
    connection.sendall(head.encode())
    for part in movie(start, start + sent):
        connection.sendall(part)
    return connection


def status(connection: socket.socket) -> int:
    with connection:
        return int(connection.recv(4096).split()[1])


def offset(home: Home, path: str) -> int:
    answer = home.client.send("HEAD", path, headers=TUS)
    assert answer.status == 200
    return int(answer.headers["Upload-Offset"])


def reached(home: Home, path: str, wanted: int) -> None:
    """Wait until so much has come."""
    deadline = time.monotonic() + 60
    while offset(home, path) != wanted:
        assert time.monotonic() < deadline, offset(home, path)
        time.sleep(0.05)


def begin(home: Home, size: int) -> str:
    headers = {**TUS, "Upload-Length": str(size), "Upload-Metadata": "filename Y2xpcC5tcDQ="}
    made = home.client.send("POST", "/api/v1/uploads", headers=headers)
    assert made.status == 201, made.body
    return urlsplit(made.headers["Location"]).path


@pytest.mark.slow
def test_a_large_upload_cut_in_half_goes_on_and_takes_little_memory(home):
    path = begin(home, BYTES)
    with Memory(home.appliance) as memory:
        send(home, path, 0, BYTES, BYTES // 2).close()
        reached(home, path, BYTES // 2)

        home.appliance.kill("web")
        time.sleep(0.5)
        home.appliance.wait_ready(home.client)
        assert offset(home, path) == BYTES // 2

        assert status(send(home, path, BYTES // 2, BYTES // 2, BYTES // 2)) == 204

    assert 0 < memory.most_mb < MOST_MB
    data = home.client.get(path).json["data"]
    digest = hashlib.sha256()
    for part in movie(0, BYTES):
        digest.update(part)
    assert (data["sha256"], data["bytes"]) == (digest.hexdigest(), BYTES)
    assert [each.name for each in home.left] == [data["sha256"]]
    assert home.client.send("DELETE", path, headers=TUS).status == 204
    assert home.left == []


@pytest.mark.slow
def test_a_multipart_upload_takes_little_memory(home):
    boundary = "b"
    parts = (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\n',
        b"\r\n--b--\r\n",
    )
    length = sum(map(len, parts)) + BYTES
    with Memory(home.appliance) as memory:
        connection = socket.create_connection(("127.0.0.1", home.appliance.port), timeout=120)
        head = (
            f"POST /api/v1/uploads HTTP/1.1\r\nHost: box\r\nConnection: close\r\n"
            f"Authorization: Bearer {home.client.key}\r\nContent-Length: {length}\r\n"
            f"Content-Type: multipart/form-data; boundary={boundary}\r\n\r\n"
        )
        connection.sendall(head.encode() + parts[0])
        for part in movie(0, BYTES):
            connection.sendall(part)
        connection.sendall(parts[1])
        assert status(connection) == 201

    assert 0 < memory.most_mb < MOST_MB


def test_a_planned_stop_keeps_what_has_come_of_a_piece(home):
    path = begin(home, 3 * MB)
    connection = send(home, path, 0, 3 * MB, 2 * MB)
    deadline = time.monotonic() + 60
    process = psutil.Process(home.appliance.pid("web"))
    while not _has_come(process, 2 * MB):
        assert time.monotonic() < deadline
        time.sleep(0.05)

    process.send_signal(signal.SIGTERM)
    process.wait(60)
    home.appliance.wait_ready(home.client)
    connection.close()

    assert offset(home, path) == 2 * MB
    assert status(send(home, path, 2 * MB, MB, MB)) == 204


def _has_come(process: psutil.Process, size: int) -> bool:
    """Whether a body of so many bytes lies in a file without a name."""
    found = []
    for each in Path(f"/proc/{process.pid}/fd").iterdir():
        try:
            if "(deleted)" in str(each.readlink()):
                found.append(each.stat().st_size)
        except FileNotFoundError:
            continue
    return size in found
