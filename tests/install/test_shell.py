"""The shell scripts: shellcheck finds nothing."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from tests.install.script import ROOT


@pytest.mark.skipif(not shutil.which("shellcheck"), reason="shellcheck is not here")
@pytest.mark.parametrize("script", ["install.sh", ".ci/run"])
def test_shellcheck_finds_nothing(script: str) -> None:
    checked = subprocess.run(
        ["shellcheck", script], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert checked.stdout == ""
