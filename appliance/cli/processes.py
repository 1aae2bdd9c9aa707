"""`start`, `web`, `worker`: the processes."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from types import FrameType

import click

from appliance.cli.box import plainly, this_box
from appliance.core.workers import Station, stations

_LONGEST_PAUSE_S = 30.0
_STEADY_S = 60.0  # a process that lived this long starts again without waiting


@click.command()
@click.option("--lan", is_flag=True, help="Answer the studio's network, not only this machine.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the web process.")
@plainly
def start(lan: bool, port: int | None) -> None:  # noqa: FBT001  click passes flags so
    """Run web and workers here until Ctrl+C; one that dies is started again."""
    from appliance.services.money.pricing import check_operations

    overrides = {}
    if lan:
        overrides["APPLIANCE_SERVER__LAN"] = "true"
    if port:
        overrides["APPLIANCE_SERVER__PORT"] = str(port)
    box = this_box(overrides)
    check_operations(box)
    where = "0.0.0.0" if box.settings.server.lan else box.settings.server.host  # noqa: S104
    click.echo(f"Studio Appliance on http://{where}:{box.settings.server.port} (Ctrl+C stops it)")
    box.db.close()
    raise SystemExit(Supervisor(overrides, _processes(box.settings.worker.gpus)).run())


@click.command()
@plainly
def web() -> None:
    """Answer HTTP. Under systemd; by hand use `start`."""
    from appliance.adapters.log import log_to_stderr
    from appliance.web.serve import serve

    log_to_stderr()
    serve(this_box())


@click.command()
@click.option("--gpu", type=int, help="Run heavy jobs alone, on this one of worker.gpus.")
@plainly
def worker(gpu: int | None) -> None:
    """Run jobs. Under systemd; by hand use `start`."""
    from appliance.adapters.log import log_to_stderr
    from appliance.adapters.worker_lock import AlreadyRunning
    from appliance.web.webhook_bodies import wording
    from appliance.worker.main import run_worker

    log_to_stderr()
    box = this_box()
    station = _station(box.settings.worker.gpus, gpu)
    try:
        run_worker(box, wording(box), station)
    except AlreadyRunning as error:
        raise click.ClickException(str(error)) from None
    logging.shutdown()
    # All is settled and closed. Leaving the usual way, torch's own threads abort the process.
    os._exit(0)


def _station(gpus: tuple[int, ...], gpu: int | None) -> Station:
    for station in stations(gpus):
        if gpu in (None, station.gpu):
            return station
    named = ", ".join(str(each) for each in gpus)
    raise click.ClickException(f"worker.gpus does not name GPU {gpu}, but {named}.")


@dataclass
class Child:
    """One supervised process, the words that begin it, and how it has fared."""

    name: str
    words: tuple[str, ...]
    process: subprocess.Popen[bytes] | None = None
    born: float = 0.0
    failures: int = 0
    next_try: float = 0.0


def _processes(gpus: tuple[int, ...]) -> list[Child]:
    first, *further = stations(gpus)
    others = [Child(each.name, ("worker", "--gpu", str(each.gpu))) for each in further]
    return [Child(first.name, ("worker",)), *others, Child("web", ("web",))]


@dataclass
class Supervisor:
    """Keeps web and workers running: a second between tries at first, half a minute at most."""

    overrides: dict[str, str]
    children: list[Child]
    stopping: threading.Event = field(default_factory=threading.Event)

    def run(self) -> int:
        """Supervise until a signal; the exit status."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        while not self.stopping.is_set():
            for child in self.children:
                self._tend(child)
            self.stopping.wait(0.2)
        self._end_all()
        return 0

    def _stop(self, _signal: int, _frame: FrameType | None) -> None:
        self.stopping.set()

    def _tend(self, child: Child) -> None:
        now = time.monotonic()
        if child.process is None and now >= child.next_try:
            self._begin(child, now)
        elif child.process is not None and child.process.poll() is not None:
            steady = now - child.born >= _STEADY_S
            child.failures = 0 if steady else child.failures + 1
            pause = min(2.0 ** (child.failures - 1), _LONGEST_PAUSE_S) if child.failures else 0.0
            click.echo(
                f"{child.name} ended with status {child.process.returncode};"
                f" starting it again in {pause:g} s",
                err=True,
            )
            child.process, child.next_try = None, now + pause

    def _begin(self, child: Child, now: float) -> None:
        from appliance.adapters.home import process_environment

        # A group of its own: Ctrl+C reaches the supervisor, which then stops them in order.
        child.process = subprocess.Popen(
            [sys.executable, "-m", "appliance", *child.words],
            env={**process_environment(), **self.overrides},
            start_new_session=True,
        )
        child.born = now

    def _end_all(self) -> None:
        for child in self.children:
            if child.process and child.process.poll() is None:
                child.process.terminate()
        for child in self.children:
            if child.process:
                try:
                    child.process.wait(timeout=60)
                except subprocess.TimeoutExpired:
                    child.process.kill()
