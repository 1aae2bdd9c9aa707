from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest

from appliance.adapters.worker_lock import AlreadyRunning, hold, vacant

OTHER_PROCESS = """
import sys
from pathlib import Path
from appliance.adapters.worker_lock import hold
handle = hold(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def test_a_lock_is_held_once(tmp_path):
    handle = hold(tmp_path / "lock")

    with pytest.raises(AlreadyRunning):
        hold(tmp_path / "lock")

    os.close(handle)
    os.close(hold(tmp_path / "lock"))


def test_a_lock_is_vacant_once_its_process_was_killed(tmp_path):
    words = [sys.executable, "-c", OTHER_PROCESS, str(tmp_path / "lock")]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"held\n"
        with vacant(tmp_path / "lock") as before:
            other.kill()
            other.wait()
        with vacant(tmp_path / "lock") as after:
            pass

    assert (before, after) == (False, True)


def test_who_looks_keeps_nobody_out_for_long(tmp_path):
    taken: list[int] = []
    taker = threading.Thread(target=lambda: taken.append(hold(tmp_path / "lock")))

    with vacant(tmp_path / "lock") as free:
        taker.start()
        assert free
        assert taken == []
    taker.join()

    with vacant(tmp_path / "lock") as free:
        assert not free
    os.close(taken[0])
