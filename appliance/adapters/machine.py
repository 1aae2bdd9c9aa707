"""What this machine has room for, told without torch."""

from __future__ import annotations

import shutil
import socket
import subprocess
from functools import cache

import psutil

_PATIENCE_S = 10
_ANYWHERE = ("192.0.2.1", 9)  # an address of documentation


@cache
def gpu_memory_mb() -> int:
    """Memory of the largest NVIDIA card, as its driver says; 0 without one."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return 0
    query = [tool, "--query-gpu=memory.total", "--format=csv,noheader,nounits"]
    try:
        said = subprocess.run(
            query, capture_output=True, text=True, timeout=_PATIENCE_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return 0
    return max((int(line) for line in said.stdout.split() if line.isdigit()), default=0)


def half_of_ram_mb() -> int:
    """What models may take where there is no GPU."""
    return int(psutil.virtual_memory().total) // 2 >> 20


def lan_address() -> str:
    """The address under which others on the network most likely reach this machine; 127.0.0.1
    where there is no network.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_ANYWHERE)  # a datagram's connect sends nothing: it chooses the way
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])
