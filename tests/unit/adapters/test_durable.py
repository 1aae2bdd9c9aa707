from __future__ import annotations

import os
from pathlib import Path

import pytest

from appliance.adapters.durable import sync_file, sync_folders

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
