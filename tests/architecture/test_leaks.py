"""No tracked text tells of the machine it was written on, or puts off work without a record."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.adapters.config import CHECKOUT

# A path under somebody's working folder or home; the shape alone (`/root/*`) is not one.
_OWN_PATH = re.compile(r"(?<![\w.@}-])/(?:work|root|home/\w+)/\w[\w./-]*")
_LOOSE_TODO = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|X" r"XX)\b(?!.*\bdecision \d{4}\b)")


def faults(text: str) -> Iterator[str]:
    """What must not stand in a text, by line."""
    for number, line in enumerate(text.splitlines(), 1):
        for pattern in (_OWN_PATH, _LOOSE_TODO):
            if found := pattern.search(line):
                yield f"{number}: {found[0]}"


# Kept as they came.
_OF_OTHERS = "appliance/web/reference/swagger-ui/"


def _tracked() -> list[Path]:
    if not (CHECKOUT / ".git").exists() or not shutil.which("git"):
        pytest.skip("no git or no checkout: nothing says which files are tracked")
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=CHECKOUT, capture_output=True, check=True, text=True
    )
    names = listed.stdout.split("\0")
    return [CHECKOUT / name for name in names if name and not name.startswith(_OF_OTHERS)]


def _text(file: Path) -> str:
    raw = file.read_bytes() if file.is_file() and not file.is_symlink() else b""
    return "" if b"\0" in raw else raw.decode("utf-8")


def test_no_tracked_text_names_a_workplace() -> None:
    found = {
        str(file.relative_to(CHECKOUT)): said
        for file in _tracked()
        if (said := [*faults(_text(file))])
    }

    assert found == {}


@pytest.mark.parametrize(
    "line",
    [
        "see /" + "work/main/a.py",
        "cd /" + "root/x",
        "# TO" + "DO later",
        "open('/home" + "/ada/a')",
    ],
)
def test_a_leak_is_found(line: str) -> None:
    assert [*faults(line)] != []


@pytest.mark.parametrize(
    "line",
    [
        "[[ $HERE != /root/* ]]",
        "# TO" + "DO drop it (decision 0001)",
        "docs/work/plan",
        "/homework/a",
    ],
)
def test_a_plain_line_is_none(line: str) -> None:
    assert [*faults(line)] == []
