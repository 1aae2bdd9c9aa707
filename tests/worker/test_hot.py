"""The hot folder of a real appliance: files in, files out, also when its worker is killed."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

from tests.worker.conftest import Running


def waited(reached: Callable[[], bool], running: Running, timeout_s: float = 120) -> None:
    deadline = time.monotonic() + timeout_s
    while not reached():
        assert time.monotonic() < deadline, (running.appliance.home / "log").read_text()[-4000:]
        time.sleep(0.1)


def lying(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def operations_run(running: Running, operation: str) -> int:
    listed = running.client.get("/api/v1/jobs?limit=100").json["data"]
    return sum(job["type"] == operation for job in listed)


def test_a_file_dropped_in_pieces_becomes_a_result(running: Running) -> None:
    folder = running.appliance.home / "data" / "hot" / "product.process"
    waited(folder.is_dir, running)
    whole = (running.media / "apple.png").read_bytes()
    with (folder / "apple.png").open("wb", buffering=0) as slow:
        for start in range(0, len(whole), max(len(whole) // 4, 1)):
            slow.write(whole[start : start + max(len(whole) // 4, 1)])
            time.sleep(0.5)

    waited(lambda: "apple.png" in lying(folder / "done"), running)

    made = [name for name in lying(folder / "done") if name != "apple.png"]
    assert len(made) == 1
    assert made[0].startswith("apple-")
    assert (folder / "done" / "apple.png").read_bytes() == whole
    waited(lambda: lying(folder / ".working") == [], running)
    assert not (folder / "failed").exists()


def test_a_file_that_cannot_be_read_gets_a_text_beside_it(running: Running) -> None:
    folder = running.appliance.home / "data" / "hot" / "product.process"
    waited(folder.is_dir, running)
    (folder / "notes.png").write_bytes(b"these are no pixels")

    waited(lambda: "notes.png" in lying(folder / "failed"), running)

    assert lying(folder / "failed") == ["notes.png", "notes.png.error.txt"]
    assert "no kind" in (folder / "failed" / "notes.png.error.txt").read_text()


def test_a_worker_killed_in_the_middle_loses_no_file_and_runs_none_twice(running: Running) -> None:
    folder = running.appliance.home / "data" / "hot" / "image.upscale"
    folder.mkdir()
    before = operations_run(running, "image.upscale")
    names = [f"{number}.png" for number in range(5)]
    for name in names:
        shutil.copy(running.media / "apple.png", folder / name)
    waited(lambda: bool(lying(folder / ".working")), running)

    running.appliance.kill("worker")

    waited(lambda: set(names) <= set(lying(folder / "done")), running)
    waited(lambda: not lying(folder / ".working"), running)
    made = [name for name in lying(folder / "done") if name not in names]
    assert sorted(name[:2] for name in made) == [f"{number}-" for number in range(5)]
    assert operations_run(running, "image.upscale") - before == 5
    assert running.appliance.command("ledger", "verify") == "The books are in order."
