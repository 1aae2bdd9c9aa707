from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from appliance.adapters.worker_lock import AlreadyRunning, held, vacant

OTHER_PROCESS = """
import sys
from pathlib import Path
from appliance.adapters.worker_lock import held
with held(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def free(file) -> bool:
    with vacant(file) as found:
        return found


def test_a_lock_is_held_by_one_at_a_time(tmp_path):
    with (
        held(tmp_path / "lock"),
        pytest.raises(AlreadyRunning),
        held(tmp_path / "lock", patience_s=0.05),
    ):
        pass

    with held(tmp_path / "lock"):
        assert not free(tmp_path / "lock")
    assert free(tmp_path / "lock")


def test_a_lock_is_vacant_once_its_process_was_killed(tmp_path):
    words = [sys.executable, "-c", OTHER_PROCESS, str(tmp_path / "lock")]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"held\n"
        before = free(tmp_path / "lock")
        other.kill()
        other.wait()

    assert (before, free(tmp_path / "lock")) == (False, True)


def test_who_looks_keeps_nobody_out_for_long(tmp_path):
    holding, over = threading.Event(), threading.Event()

    def hold() -> None:
        with held(tmp_path / "lock", patience_s=30):
            holding.set()
            over.wait(30)

    holder = threading.Thread(target=hold)
    with vacant(tmp_path / "lock") as found:
        holder.start()
        assert not holding.wait(0.1)

    try:
        assert found
        assert holding.wait(30)
        assert not free(tmp_path / "lock")
    finally:
        over.set()
        holder.join()
