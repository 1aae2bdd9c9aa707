"""Where Python comes from on each system, and which ones are fit."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.install.script import fake, sourced


@pytest.mark.parametrize(
    ("system", "packages"),
    [
        ("ubuntu 22.04", "python3.11 python3.11-venv"),
        ("ubuntu 24.04", "python3 python3-venv"),
        ("debian 12", "python3 python3-venv"),
        ("debian 13", "python3 python3-venv"),
        ("debian ''", "python3 python3-venv"),
        ("debian 11", ""),
        ("ubuntu 20.04", ""),
        ("fedora 41", ""),
    ],
)
def test_the_packages_that_give_python_are_known(system: str, packages: str) -> None:
    assert sourced(f"python_packages {system}").stdout.strip() == packages


def test_a_python_that_is_too_old_is_passed_over(tmp_path: Path) -> None:
    fake(tmp_path, "python3", f"exec {sys.executable} -c 'raise SystemExit(1)'")
    fake(tmp_path, "python3.11", f'exec {sys.executable} "$@"')

    found = sourced("find_python", path=tmp_path)

    assert found.stdout.strip() == str(tmp_path / "python3.11")


def test_a_python_without_its_venv_module_is_passed_over(tmp_path: Path) -> None:
    without_venv = f'case "$2" in *venv*) exit 1;; esac; exec {sys.executable} "$@"'
    fake(tmp_path, "python3", without_venv)

    assert not sourced("find_python", path=tmp_path).stdout.startswith(str(tmp_path))


def test_a_python_asked_for_is_the_only_one_tried() -> None:
    assert sourced("PYTHON_ASKED=/nowhere/python3; find_python").returncode == 1
