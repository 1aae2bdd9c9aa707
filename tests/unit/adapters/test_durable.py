from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from appliance.adapters.durable import put_away, sync_file, sync_folders

OPEN = Path("/proc/self/fd")


@pytest.fixture
def synced(monkeypatch) -> list[str]:
    """What was synced, by path."""
    seen: list[str] = []
    monkeypatch.setattr(
        os, "fsync", lambda handle: seen.append(str((OPEN / str(handle)).readlink()))
    )
    return seen


def test_a_file_and_folders_are_synced_and_nothing_stays_open(tmp_path, synced):
    (tmp_path / "cup.png").write_bytes(b"cup")
    before = len([*OPEN.iterdir()])

    sync_file(tmp_path / "cup.png")
    sync_folders(tmp_path, tmp_path.parent)

    assert synced == [str(tmp_path / "cup.png"), str(tmp_path), str(tmp_path.parent)]
    assert len([*OPEN.iterdir()]) == before


def test_what_is_not_there_cannot_be_kept(tmp_path):
    (tmp_path / "cup.png").write_bytes(b"cup")

    with pytest.raises(FileNotFoundError):
        sync_file(tmp_path / "saucer.png")
    with pytest.raises(NotADirectoryError):
        sync_folders(tmp_path / "cup.png")


def test_a_folder_goes_with_what_an_earlier_try_left_and_one_that_is_not_there_too(tmp_path):
    for name in ("cup", "cup.gone"):
        (tmp_path / name / "inside").mkdir(parents=True)
        (tmp_path / name / "inside" / "picture.png").write_bytes(b"x")

    put_away(tmp_path / "cup")
    put_away(tmp_path / "cup")

    assert [*tmp_path.iterdir()] == []


def test_nothing_stays_of_a_folder_that_somebody_still_writes_into(tmp_path):
    over = threading.Event()

    def write() -> None:
        number = 0
        while not over.is_set():
            number += 1
            with suppress(FileNotFoundError):
                (tmp_path / "cup" / f"{number}.png").touch()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(200):
            (tmp_path / "cup").mkdir()
            put_away(tmp_path / "cup")
            assert [*tmp_path.iterdir()] == []
    finally:
        over.set()
        writer.join()
