"""install.sh as a library: sourced, it defines its functions and does nothing."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "install.sh"


def sourced(commands: str, *, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    """What bash makes of `commands` after reading install.sh; `path` comes first in PATH."""
    first = f"{path}:" if path else ""
    return subprocess.run(
        ["bash", "-c", f"source '{SCRIPT}'\n{commands}"],
        env={**os.environ, "PATH": first + os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def installer(*options: str) -> subprocess.CompletedProcess[str]:
    """What ./install.sh answers to `options`."""
    return subprocess.run(
        [SCRIPT, *options], capture_output=True, text=True, timeout=60, check=False
    )


def fake(folder: Path, name: str, script: str) -> Path:
    """A command `name` in `folder`, made of a shell script; the folder, for PATH."""
    command = folder / name
    command.write_text(f"#!/bin/sh\n{script}\n")
    command.chmod(0o755)
    return folder
