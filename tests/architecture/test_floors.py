"""The floors: every contract of import-linter is kept."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

from appliance.adapters.config import CHECKOUT


def test_every_import_goes_down() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]

    # The console script's own folder: a symlinked python would lead out of the environment.
    linter = Path(sys.executable).parent / "lint-imports"
    ran = subprocess.run(
        [linter, "--no-cache"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    said = ran.stdout + ran.stderr
    assert ran.returncode == 0, said
    assert f"{len(contracts)} kept, 0 broken" in said, said
