"""An appliance whose processes are begun again the moment they end, and a client that never gives
up: what killing them over and over needs. `appliance start` waits longer before each try.
"""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from appliance.adapters.failpoints import VARIABLE, Point
from tests.support.running import Answer, Client, free_port

PATIENCE_S = 45  # less than the minute after which the worker sweeps


def wait_until(
    reached: Callable[[], object], otherwise: Callable[[], str], patience_s: float = PATIENCE_S
) -> None:
    """Wait, long enough for any machine. `otherwise` says what is wrong then."""
    deadline = time.monotonic() + patience_s
    while not reached():
        assert time.monotonic() < deadline, otherwise()
        time.sleep(0.01)


@dataclass
class Tended:
    """Web and worker of a home. `arm` owes them deaths at a point. `module`: the command line."""

    home: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    module: str = "appliance"
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _over: threading.Event = field(default_factory=threading.Event)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environ(self) -> dict[str, str]:
        own = {
            "OMP_NUM_THREADS": "1",
            "APPLIANCE_HOME": str(self.home),
            "APPLIANCE_SERVER__PORT": str(self.port),
            VARIABLE: str(self._owed),
        }
        return {**os.environ, **own, **self.settings}

    @property
    def _owed(self) -> Path:
        return self.home / "owed"

    def start(self) -> None:
        self._owed.mkdir(exist_ok=True)
        for name in ("worker", "web"):
            self.processes[name] = self._begun(name)
        self._thread = threading.Thread(target=self._tend)
        self._thread.start()
        self.wait_ready()

    def _begun(self, name: str) -> subprocess.Popen[bytes]:
        return self.begun(name, name)

    def begun(self, name: str, *words: str) -> subprocess.Popen[bytes]:
        """A process of these words that nobody begins again; its log bears the name."""
        with (self.home / f"{name}.log").open("ab") as log:
            command = [sys.executable, "-m", self.module, *words]
            return subprocess.Popen(command, env=self.environ, stdout=log, stderr=log)

    def _tend(self) -> None:
        while not self._over.wait(0.01):
            for name, process in self.processes.items():
                if process.poll() is not None:
                    self.processes[name] = self._begun(name)

    def stop(self) -> None:
        self._over.set()
        self._thread.join()
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            process.wait(timeout=60)

    def wait_ready(self) -> None:
        wait_until(self._ready, self.log)

    def _ready(self) -> bool:
        try:
            return Client(self.base).get("/ready", timeout=5).status == 200
        except OSError:
            return False

    def log(self) -> str:
        return "\n".join(file.read_text() for file in sorted(self.home.glob("*.log")))

    def arm(self, point: Point, deaths: int = 1) -> None:
        for number in range(deaths):
            (self._owed / f"{point}.{number}").touch()

    def owed(self) -> list[str]:
        """The deaths not died yet."""
        return sorted(each.name for each in self._owed.iterdir())


@dataclass
class Stubborn:
    """A client that asks again until it is answered, as one with an Idempotency-Key may."""

    tended: Tended
    key: str

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        client = Client(self.tended.base, self.key)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            try:
                answer = client.send(method, path, body, headers=sent, timeout=60)
            except (OSError, http.client.HTTPException):
                time.sleep(0.02)  # broken off, or not listening yet
                continue
            if answer.status != 503:
                return answer
            time.sleep(0.1)  # no worker at the moment
        raise AssertionError(f"{method} {path}: no answer\n{self.tended.log()}")
