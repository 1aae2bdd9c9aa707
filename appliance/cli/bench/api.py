"""Submissions and polls of a real appliance, beside a bare route on the same web server."""

from __future__ import annotations

import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from appliance.cli.bench.load import Connection, Load, Reply, crowd, written
from appliance.core.clock import SYSTEM_CLOCK

CLIENTS = 16
_SUBMIT = "/api/v1/operations/tools.qr"
_START_S = 60.0
# Nothing may be refused for being much: the figures are of the work, not of a refusal.
_WIDE_OPEN = {
    "RATES__GENERATION": "1000000 per 1 second",
    "RATES__MANAGEMENT": "1000000 per 1 second",
    "BILLING__STARTING_CREDITS": "100000000",
    "JOBS__MAX_PENDING": "1000000",
}


@dataclass(frozen=True)
class Round:
    """One turn of each: the bare route, polls answered 304, submissions answered 202."""

    bare: Load
    poll: Load
    submit: Load

    @property
    def poll_ratio(self) -> float:
        """How many polls are answered in the time of one bare reply."""
        return self.poll.rate / self.bare.rate

    @property
    def submit_ratio(self) -> float:
        """How many submissions are accepted in the time of one bare reply."""
        return self.submit.rate / self.bare.rate


def measure(rounds: int, replies: int) -> Iterator[Round]:
    """Measure `rounds` turns of `replies` each, on a box of its own in a temporary folder.

    The box's worker runs, with its lanes paused while submissions are counted: what is measured is
    accepting jobs, not doing them.
    """
    with _running() as (home, asks):
        for _ in range(rounds):
            yield _one_round(home, asks, replies)


@contextmanager
def _running() -> Iterator[tuple[_Home, _Asks]]:
    with tempfile.TemporaryDirectory(prefix="appliance-bench-") as folder:
        home = _Home(Path(folder), _free_port(), _free_port())
        home.command("init")
        key = home.command("keys", "create", "--name", "bench")
        with (
            home.process("appliance.cli.bench.bare", port=home.bare_port),
            home.process("appliance", "worker"),
            home.process("appliance", "web"),
        ):
            home.wait_ready()
            with closing(Connection(home.port)) as connection:
                yield home, _Asks(connection, key)


def summary(rounds: list[Round]) -> dict[str, float]:
    """The medians of the rounds, and the slowest of a hundred submissions in any of them."""
    middle = statistics.median
    return {
        "bare_per_s": middle(each.bare.rate for each in rounds),
        "poll_per_s": middle(each.poll.rate for each in rounds),
        "submit_per_s": middle(each.submit.rate for each in rounds),
        "poll_of_bare": middle(each.poll_ratio for each in rounds),
        "submit_of_bare": middle(each.submit_ratio for each in rounds),
        "poll_p99_ms": middle(each.poll.p99_ms for each in rounds),
        "submit_p99_ms": max(each.submit.p99_ms for each in rounds),
    }


def _one_round(home: _Home, asks: _Asks, replies: int) -> Round:
    bare = crowd(home.bare_port, CLIENTS, replies=replies, status=200, request=asks.bare)
    poll = crowd(home.port, CLIENTS, replies=replies, status=304, request=asks.poll)
    home.command("jobs", "pause")
    submit = crowd(home.port, CLIENTS, replies=replies // 4, status=202, request=asks.submit)
    home.command("jobs", "resume")
    asks.wait_idle()
    return Round(bare, poll, submit)


class _Asks:
    """The bytes of the three requests. The job that is polled has ended, as most polled ones."""

    def __init__(self, connection: Connection, key: str) -> None:
        self._connection = connection
        self._key = {"Authorization": f"Bearer {key}"}
        self._job = self._finished()
        path = f"/api/v1/jobs/{self._job}"
        etag = self._ask(written("GET", path, self._key)).header("etag")
        self._bare = written("GET", "/bare", {})
        self._poll = written("GET", path, {**self._key, "If-None-Match": etag})

    def bare(self, _number: int) -> bytes:
        return self._bare

    def poll(self, _number: int) -> bytes:
        return self._poll

    def submit(self, number: int) -> bytes:
        body = json.dumps({"text": f"https://studio.example/{number}", "size": 128}).encode()
        return written("POST", _SUBMIT, self._key, body)

    def wait_idle(self) -> None:
        """Return when the jobs of the last round are done."""
        asked = written("GET", "/api/v1/jobs?status=pending&limit=1", self._key)
        deadline = time.monotonic() + 600
        while json.loads(self._ask(asked).body)["data"] and time.monotonic() < deadline:
            SYSTEM_CLOCK.sleep(0.2)

    def _finished(self) -> str:
        given = json.loads(self._ask(self.submit(0)).body)["data"]["id"]
        self._ask(written("GET", f"/api/v1/jobs/{given}?wait=60", self._key))
        return str(given)

    def _ask(self, request: bytes) -> Reply:
        reply = self._connection.ask(request)
        if reply.status >= 300:
            raise ValueError(f"{reply.status}: {reply.body[:300]!r}")
        return reply


@dataclass(frozen=True)
class _Home:
    folder: Path
    port: int
    bare_port: int

    def command(self, *words: str) -> str:
        ran = subprocess.run(
            [sys.executable, "-m", "appliance", *words],
            env=self._environ(self.port),
            capture_output=True,
            text=True,
            check=True,
        )
        return ran.stdout.strip()

    @contextmanager
    def process(self, *module: str, port: int = 0) -> Iterator[None]:
        with (self.folder / f"{module[-1]}.log").open("wb") as log:
            running = subprocess.Popen(
                [sys.executable, "-m", *module],
                env=self._environ(port or self.port),
                stdout=log,
                stderr=log,
            )
        try:
            yield
        finally:
            running.terminate()
            running.wait(timeout=60)

    def wait_ready(self) -> None:
        deadline = time.monotonic() + _START_S
        for port, path in ((self.bare_port, "/bare"), (self.port, "/ready")):
            while not _answers(port, path):
                if time.monotonic() > deadline:
                    raise TimeoutError(f"nothing answered {path}; see {self.folder}/*.log")
                SYSTEM_CLOCK.sleep(0.1)

    def _environ(self, port: int) -> dict[str, str]:
        given = {**_WIDE_OPEN, "SERVER__PORT": str(port)}
        own = {f"APPLIANCE_{name}": value for name, value in given.items()}
        return {**os.environ, **own, "APPLIANCE_HOME": str(self.folder)}


def _answers(port: int, path: str) -> bool:
    try:
        with closing(Connection(port)) as connection:
            return connection.ask(written("GET", path, {})).status == 200
    except OSError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
