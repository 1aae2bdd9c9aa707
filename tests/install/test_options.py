"""The options: known ones are documented, wrong ones stop before anything is done."""

from __future__ import annotations

import re

import pytest

from tests.install.script import ROOT, SCRIPT, installer, sourced

OPTIONS = sorted(set(re.findall(r"^      (--[a-z-]+)", SCRIPT.read_text(), re.MULTILINE)))


def test_the_options_are_found() -> None:
    assert {"--demo", "--test", "--service", "--uninstall", "--torch"} <= set(OPTIONS)


@pytest.mark.parametrize("option", OPTIONS)
def test_every_option_is_in_the_help_and_in_the_guide(option: str) -> None:
    guide = (ROOT / "appliance/docs/operating.md").read_text()

    assert option in installer("--help").stdout
    assert f"`{option}" in guide


def test_an_unknown_option_is_named_and_nothing_starts() -> None:
    answer = installer("--tset")

    assert answer.returncode == 2
    assert "Unknown option: --tset" in answer.stderr
    assert "[1/" not in answer.stdout


def test_a_torch_that_is_not_there_stops_before_the_first_step() -> None:
    answer = installer("--torch", "/nowhere/torch-2.13.0-cp311-cp311-linux_x86_64.whl")

    assert answer.returncode == 1
    assert "there is no such file" in answer.stderr
    assert "[1/" not in answer.stdout


def test_uninstalling_asks_and_without_anybody_to_ask_changes_nothing() -> None:
    answer = sourced("YES=0; confirm 'This takes away everything.' </dev/null")

    assert answer.returncode == 1
    assert "--yes" in answer.stderr
