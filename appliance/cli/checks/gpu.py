"""torch, the GPU, and the other runtimes: asked in a process of their own, as a broken driver must
not take the doctor down.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from typing import Any

from appliance.cli.checks.check import Check

_PATIENCE_S = 300  # the first look at a GPU may compile
# A real kernel: a driver that is there but too old answers every question but this one.
_PROBE = """
import ctypes, importlib, importlib.util, json, torch
facts = {"torch": torch.__version__, "cuda": torch.version.cuda, "gpus": [], "others": {}}
for n in range(torch.cuda.device_count() if torch.cuda.is_available() else 0):
    twos = torch.full((64, 64), 2.0, device=f"cuda:{n}")
    right = bool((twos @ twos == 256).all())
    free, total = torch.cuda.mem_get_info(n)
    facts["gpus"].append({"name": torch.cuda.get_device_name(n), "right": right,
                          "free_mb": free >> 20, "total_mb": total >> 20})
if importlib.util.find_spec("onnxruntime"):
    runtime = importlib.import_module("onnxruntime")
    facts["others"]["onnxruntime"] = "CUDAExecutionProvider" in runtime.get_available_providers()
if importlib.util.find_spec("ctranslate2"):
    runtime = importlib.import_module("ctranslate2")
    try:
        ctypes.CDLL("libcublas.so.12")  # its wheels are built for CUDA 12, whatever torch's are
        facts["others"]["ctranslate2"] = runtime.get_cuda_device_count() > 0
    except OSError:
        facts["others"]["ctranslate2"] = False
print(json.dumps(facts))
"""


def checks(wanted: tuple[int, ...]) -> list[Check]:
    """Torch and every GPU with its driver, whether the `wanted` ones (`worker.gpus`) are there, and
    whether the other runtimes use a GPU too.
    """
    ran = subprocess.run(
        [sys.executable, "-c", _PROBE],
        capture_output=True,
        text=True,
        timeout=_PATIENCE_S,
        check=False,
    )
    if ran.returncode:
        why = ran.stderr.strip().splitlines()[-1:] or ["it does not say why"]
        return [Check("torch", ok=False, says=f"does not work ({why[0]})", do="./install.sh")]
    return judged(json.loads(ran.stdout.strip().splitlines()[-1]), _driver(), wanted)


def judged(facts: dict[str, Any], driver: str, wanted: tuple[int, ...] = (0,)) -> list[Check]:
    """The findings of what the probe printed. `driver`: its version, empty without one."""
    cuda = f", CUDA {facts['cuda']}" if facts["cuda"] else ""
    return [
        Check("torch", ok=True, says=f"{facts['torch']}{cuda}"),
        *([_gpu(each, driver) for each in facts["gpus"]] or [_no_gpu(facts, driver)]),
        *_wanted(len(facts["gpus"]), wanted),
        *[_other(name, on_gpu, facts) for name, on_gpu in facts["others"].items()],
    ]


def _gpu(gpu: dict[str, Any], driver: str) -> Check:
    says = f"{gpu['name']}, driver {driver}, {gpu['free_mb']} of {gpu['total_mb']} MB free"
    if gpu["right"]:
        return Check("GPU", ok=True, says=says)
    return Check("GPU", ok=False, says=f"{says}; it computes wrongly", do="update its driver")


def _no_gpu(facts: dict[str, Any], driver: str) -> Check:
    if not driver:
        return Check("GPU", ok=False, says="none; models run on the CPU", needed=False)
    says = f"there is one (driver {driver}), and torch {facts['torch']} cannot use it"
    return Check("GPU", ok=False, says=says, do="./install.sh")


def _wanted(count: int, wanted: tuple[int, ...]) -> list[Check]:
    absent = ", ".join(str(gpu) for gpu in wanted if gpu >= count)
    if not absent or wanted == (0,):
        return []
    says = f"names {absent}, and there is no such GPU: the worker for it computes on the CPU"
    return [Check("worker.gpus", ok=False, says=says, do="set [worker] gpus in data/config.toml")]


def _other(name: str, on_gpu: bool, facts: dict[str, Any]) -> Check:  # noqa: FBT001  a fact
    if on_gpu or not facts["gpus"]:
        return Check(name, ok=True, says="on the GPU" if on_gpu else "on the CPU")
    says = f"on the CPU: it finds no CUDA of its own version beside torch's {facts['cuda']}"
    return Check(name, ok=False, says=says, needed=False)


def _driver() -> str:
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return ""
    query = [tool, "--query-gpu=driver_version", "--format=csv,noheader"]
    try:
        ran = subprocess.run(query, capture_output=True, text=True, timeout=60, check=False)
    except subprocess.TimeoutExpired:
        return "that does not answer"
    return next(iter(ran.stdout.split()), "") if ran.returncode == 0 else ""
