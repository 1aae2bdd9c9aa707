"""A real appliance in processes of its own, and a client that speaks plain HTTP to it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import psutil


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Client:
    base: str
    key: str = ""

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        timeout: float = 120,
    ) -> Answer:
        plain = body is None or isinstance(body, bytes)
        data = body if plain else json.dumps(body).encode()
        sent = {"Content-Type": "application/json"} if data is not None else {}
        if self.key:
            sent["Authorization"] = f"Bearer {self.key}"
        url = path if path.startswith("http") else self.base + path
        request = urllib.request.Request(url, data, {**sent, **(headers or {})}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=timeout) as reply:
                return Answer(reply.status, dict(reply.headers), reply.read())
        except HTTPError as refused:
            with refused:
                return Answer(refused.code, dict(refused.headers), refused.read())

    def get(self, path: str, **kwargs: Any) -> Answer:
        return self.send("GET", path, **kwargs)

    def post(self, path: str, body: Any, **kwargs: Any) -> Answer:
        return self.send("POST", path, body, **kwargs)

    def ended(self, job: str, timeout_s: float = 120) -> dict[str, Any]:
        """The job once it has ended."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            data: dict[str, Any] = self.get(f"/api/v1/jobs/{job}?wait=10").json["data"]
            if data["status"] not in ("pending", "processing"):
                return data
        raise AssertionError(f"{job} has not ended after {timeout_s} s: {data}")


@dataclass
class Appliance:
    """`appliance start` on a home of its own."""

    home: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    @property
    def environ(self) -> dict[str, str]:
        # One thread: on tiny models the threads' own cost is twelve times the work.
        one = {"OMP_NUM_THREADS": "1"}
        return {**os.environ, **one, "APPLIANCE_HOME": str(self.home), **self.settings}

    def command(self, *words: str) -> str:
        ran = subprocess.run(
            [sys.executable, "-m", "appliance", *words],
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout.strip()

    def start(self) -> Client:
        self.port = self.port or free_port()
        key = self.command("keys", "create")
        log = (self.home / "log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "appliance", "start", "--port", str(self.port)],
            env=self.environ,
            stdout=log,
            stderr=log,
        )
        log.close()
        client = Client(f"http://127.0.0.1:{self.port}", key)
        try:
            self.wait_ready(client)
        except BaseException:
            self.stop()
            raise
        return client

    def wait_ready(self, client: Client, timeout_s: float = 60) -> None:
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            try:
                if client.get("/ready", timeout=5).status == 200:
                    return
            except OSError:
                pass
            time.sleep(0.05)
        raise AssertionError((self.home / "log").read_text())

    def pid(self, name: str) -> int:
        """The process id of `web` or `worker`."""
        assert self.process is not None
        for child in psutil.Process(self.process.pid).children(recursive=True):
            try:
                if child.cmdline()[-2:] == ["appliance", name]:
                    return child.pid
            except (psutil.NoSuchProcess, psutil.ZombieProcess):
                continue
        raise LookupError(name)

    def kill(self, name: str) -> None:
        os.kill(self.pid(name), signal.SIGKILL)

    def children(self) -> list[psutil.Process]:
        """The media children of the worker."""
        return [
            each
            for each in psutil.Process(self.pid("worker")).children(recursive=True)
            if "forkserver" in " ".join(each.cmdline())
        ]

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=60)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
