"""The machine: Python, libraries, memory, disk, port, clock."""

from __future__ import annotations

import http.client
import platform
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import psutil

from appliance.cli.checks.check import Check
from appliance.core.clock import instant
from appliance.services.box import Box
from appliance.services.health import health

_LEAST_MB = 2000  # free memory; below it, torch and one small model are too much
_PATIENCE_S = 120
_DRIFT_S = 60


def checks(box: Box) -> list[Check]:
    """Every finding about the machine."""
    return [
        _python(),
        _libraries(),
        _ffmpeg(),
        _memory(),
        _disk(box),
        _port(box),
        _clock(box),
    ]


def _python() -> Check:
    fit = sys.version_info >= (3, 11)
    says = f"{platform.python_version()} (3.11 or newer is needed)"
    return Check("Python", fit, says, do="./install.sh")


def _libraries() -> Check:
    """Pip's own word on whether all that is required is here in a version that fits."""
    command = [sys.executable, "-m", "pip", "check", "--disable-pip-version-check"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE_S, check=False)
    if "No module named pip" in ran.stderr:
        return Check("libraries", ok=True, says="not checked: there is no pip here")
    lines = ran.stdout.strip().splitlines() or [ran.stderr.strip() or "pip says nothing"]
    return Check("libraries", ran.returncode == 0, "; ".join(lines[:3]), do="./install.sh")


def _ffmpeg() -> Check:
    found = shutil.which("ffmpeg")
    return Check("ffmpeg", found is not None, found or "missing", do="apt install ffmpeg")


def _memory() -> Check:
    now = psutil.virtual_memory()
    total, free = now.total >> 20, now.available >> 20
    says = f"{free} MB of {total} MB are free"
    return Check("memory", free >= _LEAST_MB, says, do="close other programs", needed=False)


def _disk(box: Box) -> Check:
    now = health(box)
    says = f"{now.free_gb} GB free at {box.home.data}"
    return Check("disk", not now.disk_low, says, do=f"make room; du -sh {box.home.data}/*")


def _port(box: Box) -> Check:
    port = box.settings.server.port
    answer = _who_answers(port)
    says = {
        "us": f"{port} answered by an appliance",
        "": f"{port} is free: the web process does not run",
        "other": f"{port} is taken by another program",
    }[answer]
    do = f"set [server] port in {box.home.data / 'config.toml'}, then appliance start"
    return Check("port", answer != "other", says, do=do)


def _who_answers(port: int) -> str:
    """Who listens on the port of this machine: "us", "other", or nobody."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/health")
        ours = connection.getresponse().getheader("X-Request-Id", "") or ""
    except ConnectionRefusedError:
        return ""
    except (OSError, http.client.HTTPException):
        return "other"
    finally:
        connection.close()
    return "us" if ours.startswith("req_") else "other"


def _clock(box: Box) -> Check:
    """Whether time has gone back: links, limits and expiry all live by the clock."""
    now = box.clock.now()
    row = box.db.row("SELECT max(created_at) FROM job")
    newest = instant(row[0]) if row and row[0] else now
    installed = datetime.fromtimestamp(Path(__file__).stat().st_mtime, UTC)
    behind = max((newest - now).total_seconds(), (installed - now).total_seconds())
    says = f"{now:%Y-%m-%d %H:%M} UTC"
    if behind > _DRIFT_S:
        says += f", which is {behind / 3600:.1f} h before what was done here already"
    return Check("clock", behind <= _DRIFT_S, says, do="timedatectl set-ntp true")
