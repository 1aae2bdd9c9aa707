"""A bundle: one tar with all that a machine without a network needs.

It is not compressed: wheels, .deb files and weights are already. SHA256SUMS, its first member,
holds the digest of every other one in the form that `sha256sum --check` reads, so that a bare
machine can check it too (install.sh does). What the members are is told by bundle.toml.
"""

from __future__ import annotations

import errno
import hashlib
import io
import os
import re
import shutil
import tarfile
import tomllib
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from appliance.core.errors import InvalidInput, ProcessingFailed, StorageFull
from appliance.core.progress import Progress

SUMS = "SHA256SUMS"
FACTS = "bundle.toml"
_CHUNK = 1 << 20
# What reading raises where a bundle is cut off, or damaged between its members.
BROKEN_OFF = (tarfile.TarError, OSError)
_SUM = re.compile(r"([0-9a-f]{64})  (\S.*)")


@dataclass(frozen=True)
class Member:
    """A file to pack, under its name in the bundle. `sha256`: what it must be; empty: as it is."""

    name: str
    file: Path
    sha256: str = ""


def write_bundle(target: Path, members: Sequence[Member], progress: Progress) -> int:
    """Pack the members into `target`, which appears only when it is whole; its size in bytes.

    Raises StorageFull, ProcessingFailed when a file is not what it must be.
    """
    total = sum(each.file.stat().st_size for each in members)
    _check_space(target.parent, total + 2048 * len(members))
    half = target.with_name(f".{target.name}.part")
    try:
        with half.open("wb") as raw:
            _write(raw, members, total, progress)
            raw.flush()
            os.fsync(raw.fileno())
        half.replace(target)
    except OSError as error:
        raise _as_fault(error, target) from error
    finally:
        half.unlink(missing_ok=True)
    return target.stat().st_size


def _check_space(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise StorageFull(
            f"The bundle takes {needed >> 20} MB in {folder}, which has {free >> 20} MB free."
        )


def _write(raw: IO[bytes], members: Sequence[Member], total: int, progress: Progress) -> None:
    sums = {each.name: each.sha256 or _digest(each.file) for each in members}
    text = "".join(f"{digest}  {name}\n" for name, digest in sums.items()).encode()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.GNU_FORMAT) as tar:
        first = tarfile.TarInfo(SUMS)
        first.size, first.mode = len(text), 0o644
        tar.addfile(first, io.BytesIO(text))
        done = 0
        for each in members:
            with each.file.open("rb") as file:
                reading = _Reading(file, progress, done, total)
                tar.addfile(_header(each, file), reading)
            if reading.digest != sums[each.name]:
                raise ProcessingFailed(
                    f"{each.file} is damaged, or was changed while it was packed. For a model:"
                    " appliance models verify. No bundle was made."
                )
            done = reading.done


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _header(member: Member, file: IO[bytes]) -> tarfile.TarInfo:
    facts = os.fstat(file.fileno())
    header = tarfile.TarInfo(member.name)
    header.size, header.mtime = facts.st_size, int(facts.st_mtime)
    header.mode = 0o755 if facts.st_mode & 0o100 else 0o644
    return header


class _Reading:
    """A file that is read once: counts, tells and digests what goes through. `done` and `total`:
    bytes of the whole that lie before it, and of the whole.
    """

    def __init__(self, file: IO[bytes], progress: Progress, done: int, total: int) -> None:
        self._file, self._progress, self._hash = file, progress, hashlib.sha256()
        self.done, self._total = done, total

    @property
    def digest(self) -> str:
        """SHA-256 in hex of what was read."""
        return self._hash.hexdigest()

    def read(self, size: int = _CHUNK) -> bytes:
        """The next bytes; none at the end."""
        chunk = self._file.read(size)
        self._hash.update(chunk)
        self.done += len(chunk)
        self._progress(self.done / max(self._total, 1), step=self.done, steps=self._total)
        return chunk


def _as_fault(error: OSError, target: Path) -> Exception:
    if error.errno == errno.ENOSPC:
        return StorageFull(f"{target.parent} is full; no bundle was made.")
    if error.errno == errno.EFBIG:
        return StorageFull(
            f"The disk of {target.parent} takes no file of this size (FAT32: 4 GB); exFAT does."
        )
    return ProcessingFailed(f"{target} cannot be written: {error.strerror or error}.")


@dataclass(frozen=True)
class Packed:
    """A member as it lies in a bundle, to be read once, before the next. `sha256`: what it must
    be; empty: it does not belong there.
    """

    name: str
    sha256: str
    data: _Reading

    def digest(self) -> str:
        """SHA-256 in hex of its bytes. Raises tarfile.TarError and OSError where they break off."""
        while self.data.read():
            pass
        return self.data.digest

    def copy(self, target: Path) -> None:
        """Write it to `target`. Raises ProcessingFailed if it is damaged or does not belong."""
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as file:
            shutil.copyfileobj(self.data, file, _CHUNK)
            file.flush()
            os.fsync(file.fileno())
        if self.data.digest != self.sha256:
            target.unlink()
            raise ProcessingFailed(f"{self.name} is damaged in this bundle: copy the bundle again.")


@dataclass(frozen=True)
class Bundle:
    """A bundle that is open for reading. `sums`: SHA-256 in hex by name of a member."""

    sums: Mapping[str, str]
    size: int
    _tar: tarfile.TarFile

    def members(self, progress: Progress, wanted: Container[str] | None = None) -> Iterator[Packed]:
        """Each file but SHA256SUMS, or those of the wanted names. Raises tarfile.TarError and
        OSError where the bundle breaks off.
        """
        for header in self._tar:
            asked = header.name != SUMS and (wanted is None or header.name in wanted)
            file = self._tar.extractfile(header) if asked and header.isfile() else None
            if file:
                data = _Reading(file, progress, header.offset_data, self.size)
                yield Packed(header.name, self.sums.get(header.name, ""), data)

    def facts(self) -> dict[str, Any]:
        """What bundle.toml says: version, made, system, machine, python, torch, models."""
        file = self._tar.extractfile(FACTS)
        return tomllib.loads(file.read().decode()) if file else {}


@contextmanager
def opened(file: Path) -> Iterator[Bundle]:
    """A bundle for reading. Raises InvalidInput for what is none."""
    with ExitStack() as stack:
        try:
            tar = stack.enter_context(tarfile.open(file, "r:"))
            bundle = Bundle(_sums(tar), file.stat().st_size, tar)
        except (ValueError, *BROKEN_OFF) as error:
            raise InvalidInput(
                f"{file} is no bundle, or is damaged at its beginning: {error}."
            ) from error
        yield bundle


def _sums(tar: tarfile.TarFile) -> dict[str, str]:
    first = tar.next()
    file = tar.extractfile(first) if first and first.name == SUMS else None
    if file is None:
        raise ValueError(f"it does not begin with {SUMS}")
    found = [_SUM.fullmatch(line) for line in file.read().decode().splitlines()]
    if not found or not all(found):
        raise ValueError(f"{SUMS} is damaged")
    return {line[2]: line[1] for line in found if line}


def faults(bundle: Bundle, progress: Progress) -> list[str]:
    """What is wrong with a bundle, one sentence a fault; reads every byte."""
    found, seen = [], set()
    try:
        for each in bundle.members(progress):
            seen.add(each.name)
            if not each.sha256:
                found.append(f"{each.name} does not belong there.")
            elif each.digest() != each.sha256:
                found.append(f"{each.name} is damaged.")
    except BROKEN_OFF as error:
        found.append(f"The file breaks off or is damaged: {error}.")
    return [*found, *(f"{name} is missing." for name in bundle.sums if name not in seen)]
