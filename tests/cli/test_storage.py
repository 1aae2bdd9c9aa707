"""`appliance storage`, and `appliance keys rotate-links`."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from tests.support.running import Appliance


@pytest.fixture
def home(tmp_path: Path) -> Appliance:
    appliance = Appliance(tmp_path)
    appliance.command("init")
    return appliance


@pytest.fixture
def stray(home: Appliance) -> Path:
    file = home.home / "data" / "outputs" / "left" / "picture.png"
    file.parent.mkdir()
    file.write_bytes(b"123")
    os.utime(file, (time.time() - 7200,) * 2)
    return file


def test_a_difference_is_listed_and_repaired(home: Appliance, stray: Path) -> None:
    with pytest.raises(AssertionError):  # exit status 1
        home.command("storage", "check")

    assert "stray    data/outputs/left/picture.png  3" in home.command("storage", "repair")

    assert not stray.parent.exists()
    assert home.command("storage", "check", "--deep") == "Rows and files agree."
    assert home.command("storage", "repair") == "Rows and files agree."


def test_what_is_stored_is_shown(home: Appliance, stray: Path) -> None:
    shown = home.command("storage", "show")
    told = json.loads(home.command("storage", "show", "--json"))

    assert "data/outputs  0.0" in shown
    assert "MB are free" in shown
    assert told["folders"]["outputs"] == stray.stat().st_size
    assert [*told["accounts"].values()] == [{"uploads_bytes": 0, "outputs_bytes": 0}]


def test_links_are_signed_with_a_fresh_key(home: Appliance) -> None:
    assert home.command("keys", "rotate-links") == "Links are signed with k2."
    assert home.command("keys", "rotate-links", "--at-once") == "Links are signed with k3."

    kept = json.loads((home.home / "data" / "secrets").read_text())
    assert kept["current"] == "k3"
