"""The lock: exact, enough for what the project asks for, and checked against real files."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.install.script import ROOT

LOCK = ROOT / ".lock"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def pins(*names: str) -> dict[str, str]:
    lines = [line for name in names for line in (LOCK / name).read_text().splitlines()]
    return dict(line.split("==") for line in lines if line and not line.startswith("#"))


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize(
    ("asked", "locks"),
    [
        (PROJECT["dependencies"], ("base.txt", "cpu.txt")),
        (PROJECT["optional-dependencies"]["dev"], ("base.txt", "dev.txt")),
    ],
)
def test_every_dependency_is_met_by_a_pin(asked: list[str], locks: tuple[str, ...]) -> None:
    have = pins(*locks)

    for requirement in map(Requirement, asked):
        assert requirement.specifier.contains(have[plain(requirement.name)]), requirement


def test_no_package_is_pinned_twice() -> None:
    locks = ("pip.txt", "cpu.txt", "base.txt", "dev.txt")

    assert len(pins(*locks)) == sum(len(pins(lock)) for lock in locks)


def missing(site: Path, *arguments: str) -> list[str]:
    code = f"import sys, runpy; sys.path.insert(0, {str(site)!r}); sys.argv[1:] = {arguments!r}"
    run = f"runpy.run_path({str(LOCK / 'missing.py')!r}, run_name='__main__')"
    found = subprocess.run(
        [sys.executable, "-c", f"{code}; {run}"], capture_output=True, text=True, check=True
    )
    return found.stdout.split()


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A site-packages with the package cup 1.0+cpu: one file of four bytes."""
    facts = tmp_path / "cup-1.0+cpu.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: cup\nVersion: 1.0+cpu\n")
    (facts / "RECORD").write_text("cup.py,sha256=x,4\ncup-1.0+cpu.dist-info/RECORD,,\n")
    (tmp_path / "cup.py").write_text("a=1\n")
    return tmp_path


def test_a_package_in_good_order_is_not_missing(site: Path) -> None:
    assert missing(site, "cup==1.0", "cup==1.0+cpu") == []


def test_another_version_and_an_absent_package_are_missing(site: Path) -> None:
    assert missing(site, "cup==1.1", "mug==1.0") == ["cup==1.1", "mug==1.0"]


def test_a_cut_off_file_makes_a_package_missing(site: Path) -> None:
    (site / "cup.py").write_text("a")

    assert missing(site, "cup==1.0") == ["cup==1.0"]


def test_a_lock_file_is_read_without_its_comments(site: Path) -> None:
    lock = site / "lock.txt"
    lock.write_text("# all of it\n\ncup==1.0  # the one\nmug==2.0\n")

    assert missing(site, str(lock)) == ["mug==2.0"]
