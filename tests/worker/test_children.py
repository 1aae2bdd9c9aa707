"""Media children as processes."""

from __future__ import annotations

import subprocess
import sys

import psutil

from tests.support.tending import wait_until

# The first child is at work, the second perhaps still on its way to its first order.
WORKER = """
import os, sys, time
from pathlib import Path
from appliance.adapters.config import load_settings
from appliance.worker.children import Children

children = Children(load_settings(Path(sys.argv[1]), {}))
children.media(os.getpid).result()
for _ in range(2):
    children.media(time.sleep, 600)
print("busy", flush=True)
time.sleep(600)
"""


def alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def test_children_end_with_a_killed_worker_in_the_middle_of_their_orders(tmp_path):
    words = [sys.executable, "-c", WORKER, str(tmp_path)]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as worker:
        assert worker.stdout.readline() == b"busy\n"
        left = psutil.Process(worker.pid).children(recursive=True)
        worker.kill()

    assert len(left) >= 2
    wait_until(lambda: not [each for each in left if alive(each)], lambda: f"still here: {left}")
