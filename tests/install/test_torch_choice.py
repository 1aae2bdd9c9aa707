"""Where torch is taken from, and that the choice is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.install.script import sourced

SHOW = 'choose_source; echo "${SOURCE[*]}"'


@pytest.mark.parametrize(
    ("setting", "source"),
    [
        ("CHOICE=auto TARGET=cpu; brings_cuda() { false; }", "torch==9.9"),
        (
            "CHOICE=auto TARGET=cpu; brings_cuda() { true; }",
            "--extra-index-url https://download.pytorch.org/whl/cpu torch==9.9+cpu",
        ),
        (
            "CHOICE=auto TARGET=cu130",
            "--extra-index-url https://download.pytorch.org/whl/cu130 torch==9.9+cu130",
        ),
        ("CHOICE=/w/torch-1.whl TARGET=given", "/w/torch-1.whl"),
        ("CHOICE=/wheels TARGET=given", "--no-index --find-links /wheels torch<=9.9"),
        ("CHOICE=https://i/rocm TARGET=given", "--index-url https://i/rocm torch<=9.9"),
    ],
)
def test_the_source_follows_the_choice(setting: str, source: str) -> None:
    assert sourced(f"PIN=9.9; {setting}; {SHOW}").stdout.strip() == source


@pytest.mark.parametrize("choice", ["cpu", "https://index.example/whl", "/a folder/torch.whl"])
def test_an_earlier_choice_holds_until_another_is_made(tmp_path: Path, choice: str) -> None:
    kept = tmp_path / "torch-choice"
    kept.write_text(f"{choice} 2.13.0\n")

    again = sourced(f'REMEMBERED="{kept}"; read_choice; echo "$CHOICE"')
    other = sourced(f'REMEMBERED="{kept}"; TORCH=auto; read_choice; echo "$CHOICE"')

    assert again.stdout.strip() == choice
    assert other.stdout.strip() == "auto"


@pytest.mark.parametrize(
    ("report", "brings"),
    [
        ('{"metadata": {"name": "torch"}}', 1),
        ('{"metadata": {"name": "nvidia-cublas"}}', 0),
        ('{"requires_dist": ["nvidia-cublas; extra"], "name": "torch"}', 1),
    ],
)
def test_nvidias_packages_are_seen_in_pips_report(tmp_path: Path, report: str, brings: int) -> None:
    pip = tmp_path / "python"
    pip.write_text(f"#!/bin/sh\necho '{report}'\n")
    pip.chmod(0o755)

    assert sourced(f'PY="{pip}" PIN=9.9; brings_cuda').returncode == brings
