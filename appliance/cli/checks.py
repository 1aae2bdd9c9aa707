"""What `appliance doctor` looks at."""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass

from appliance.adapters.manifests import installed
from appliance.services.box import Box
from appliance.services.health import health
from appliance.services.money import ledger


@dataclass(frozen=True)
class Check:
    """One finding. `needed`: without it the appliance does not work."""

    name: str
    ok: bool
    says: str
    needed: bool = True


def checks(box: Box) -> list[Check]:
    """Every finding, most basic first."""
    return [_python(), _ffmpeg(), *_gpu(), *_disk_and_worker(box), *_models(box), _books(box)]


def _python() -> Check:
    fit = sys.version_info >= (3, 11)
    return Check("Python", fit, f"{platform.python_version()} (3.11 or newer is needed)")


def _ffmpeg() -> Check:
    found = shutil.which("ffmpeg")
    return Check("ffmpeg", found is not None, found or "missing: apt install ffmpeg")


def _gpu() -> list[Check]:
    """Torch in a process of its own: a broken driver must not take the doctor down."""
    probe = (
        "import torch; print(torch.__version__, torch.cuda.is_available() and"
        " torch.ones(8, device='cuda').sum().item() and torch.cuda.get_device_name())"
    )
    ran = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, timeout=120, check=False
    )
    if ran.returncode:
        why = ran.stderr.strip().splitlines()[-1:] or ["it does not say why"]
        return [Check("torch", ok=False, says=f"does not work: {why[0]}")]
    version, _, gpu = ran.stdout.strip().partition(" ")
    has_gpu = gpu != "False"
    says = gpu if has_gpu else "none; models run on the CPU"
    return [
        Check("torch", ok=True, says=version),
        Check("GPU", ok=has_gpu, says=says, needed=False),
    ]


def _disk_and_worker(box: Box) -> list[Check]:
    now = health(box)
    low = "low: make room" if now.disk_low else f"{now.free_gb} GB free"
    alive = "running" if now.worker_alive else "not running: appliance start"
    return [
        Check("disk", not now.disk_low, low),
        Check("worker", now.worker_alive, alive, needed=False),
    ]


def _models(box: Box) -> list[Check]:
    found = [
        Check(
            f"model {model.id}",
            installed(model),
            model.title if installed(model) else f"absent: appliance models install {model.id}",
            needed=False,
        )
        for model in box.shelf.all()
    ]
    return found + [
        Check("manifest", ok=False, says=str(fault), needed=False) for fault in box.shelf.faults()
    ]


def _books(box: Box) -> Check:
    faults = ledger.faults(box.db)
    return Check("ledger", not faults, "; ".join(faults) or "in order")
