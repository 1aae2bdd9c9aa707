"""From a dropped file to a job, and from the job's end to files beside it.

What is where says how far a file has come, so that a crash anywhere loses none and runs none twice:

    <operation>/cup.jpg                  dropped
    <operation>/.working/<job>/cup.jpg   claimed for the job of this id, which may not exist yet
    <operation>/.working/<job>.done/     with its results in .results/, all on their way to done/
    <operation>/.working/<job>.failed/   with cup.jpg.error.txt there, on their way to failed/
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from appliance.adapters.durable import sync_file, sync_folders
from appliance.adapters.failpoints import Point, reach
from appliance.core.errors import ApplianceError, InvalidInput, NotFound, UnsupportedMedia
from appliance.core.files import Upload
from appliance.core.ids import JobId, job_name, job_reference, new_id, new_ulid
from appliance.core.jobs import JobView, Request, State
from appliance.core.operation import Operation
from appliance.services.access import accounts
from appliance.services.box import Box
from appliance.services.files import uploads
from appliance.services.hot.delivering import RESULTS, deliver, short
from appliance.services.hot.noticing import PARAMS, Noticing, file_field, folders_at_start, watched
from appliance.services.jobs import reading
from appliance.services.jobs.admission import admit

log = logging.getLogger(__name__)
_AT_ONCE = 20  # jobs of one folder: a folder full of pictures leaves the queue to others
_PAUSE_S = 15.0  # after a refusal that passes, such as a full queue
_WORKING = ".working"


@dataclass(frozen=True)
class Claim:
    """A file that was taken for a job."""

    folder: Path
    operation: Operation[Any]
    job: JobId

    @property
    def inside(self) -> Path:
        """The folder of the file while it is worked on."""
        return self.folder / _WORKING / self.job

    @property
    def file(self) -> Path | None:
        """The dropped file; None if somebody took it away."""
        return next((path for path in self.inside.iterdir() if path.name[0] != "."), None)


class HotFolder:
    """Watches data/hot. One thread asks it to `look`, again and again."""

    def __init__(self, box: Box) -> None:
        self.box = box
        self._noticing = Noticing(box.settings.hot.settle_s)
        self._stuck: set[Path] = set()
        self._rest_until_s = 0.0

    def prepare(self) -> None:
        """Make the folders of the operations that need nothing but a file."""
        for name in folders_at_start(self.box.catalogue):
            (self.box.home.hot / name).mkdir(mode=0o700, parents=True, exist_ok=True)

    def look(self) -> None:
        """Take what has come whole, and put what is finished where people find it."""
        now_s = self.box.clock.now().timestamp()
        for folder, operation in watched(self.box.home.hot, self.box.catalogue):
            claims = [*_claims(folder, operation)]
            for claim in claims:
                with self._one_by_one(claim.inside):
                    self._go_on(claim)
            settled = self._noticing.settled(folder, now_s)
            for path in settled[: max(_AT_ONCE - len(claims), 0)]:
                with self._one_by_one(path):
                    self._take(path, operation)
            with self._one_by_one(folder):
                deliver(folder, folder / _WORKING)

    @contextmanager
    def _one_by_one(self, path: Path) -> Iterator[None]:
        # What cannot be read or moved must not stop the rest, nor fill the log.
        try:
            yield
            self._stuck.discard(path)
        except OSError:
            if path not in self._stuck:
                self._stuck.add(path)
                log.exception("the hot folder cannot go on with %s, and tries again", path)

    def _take(self, path: Path, operation: Operation[Any]) -> None:
        claim = Claim(path.parent, operation, JobId(new_ulid()))
        claim.inside.mkdir(parents=True)
        with suppress(FileNotFoundError):  # taken away at the last moment
            path.rename(claim.inside / path.name)
        # A job that is kept through a power cut whose file is not would be run again.
        sync_folders(claim.inside, claim.inside.parent, claim.folder)
        reach(Point.HOT_TAKEN)
        self._go_on(claim)

    def _go_on(self, claim: Claim) -> None:
        job, file = self._job(claim.job), claim.file
        if job is None and file is None:
            claim.inside.rmdir()
        elif job is None:
            assert file is not None
            self._submit(claim, file)
        elif job.state is State.COMPLETED:
            self._finish(claim, job)
        elif job.state.final:
            _fail(claim, job.error.message if job.error else "The job was cancelled.", job.id)

    def _job(self, job: JobId) -> JobView | None:
        try:
            return reading.written(self.box, job)
        except NotFound:
            return None

    def _submit(self, claim: Claim, file: Path) -> None:
        now_s = self.box.clock.now().timestamp()
        if now_s < self._rest_until_s:
            return
        try:
            uploads.check_disk(self.box, file.stat().st_size)
            placed = self._placed(file)
            try:
                admit(self.box, self._request(claim, placed))
            finally:
                uploads.discard(self.box, [placed])
        except ApplianceError as error:
            if error.retryable:
                self._rest_until_s = now_s + _PAUSE_S
            else:
                _fail(claim, error.message)

    def _placed(self, file: Path) -> Upload:
        # A copy: whoever can reach the folder could write to the very file later.
        arrived = self.box.home.tmp / "arrivals" / new_ulid()
        arrived.parent.mkdir(mode=0o700, exist_ok=True)
        try:
            handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW)
            with open(handle, "rb") as source, arrived.open("xb") as target:  # noqa: PTH123  a path cannot be opened without following links
                shutil.copyfileobj(source, target, 1 << 20)
            with arrived.open("rb") as whole:
                digest = hashlib.file_digest(whole, "sha256").hexdigest()
            return uploads.place(self.box, arrived, name=file.name, sha256=digest)
        finally:
            arrived.unlink(missing_ok=True)

    def _request(self, claim: Claim, placed: Upload) -> Request:
        operation, main = claim.operation, file_field(claim.operation)
        assert main is not None
        if placed.kind not in main.kinds:
            raise UnsupportedMedia(
                f"{operation.name} takes {' or '.join(main.kinds)}; this file is {placed.mime}."
            )
        params = operation.read({**_params(claim.folder / PARAMS), main.name: placed})
        return Request(
            actor=accounts.operator(self.box),
            family="native",
            type=operation.name,
            operation=operation.name,
            params=params,
            price_entry=f"native.{operation.name}",
            request_id=new_id("req"),
            model=getattr(params, "model", None),
            arrived=(placed,),
            job=claim.job,
        )

    def _finish(self, claim: Claim, job: JobView) -> None:
        if job.operation != claim.operation.name or job.account != self._own():
            # The name of a folder on a share is no key to somebody else's files.
            return _fail(claim, "This job is not one of this folder.")
        stem = short(claim.file.stem if claim.file else "result")
        outputs = reading.whole(self.box, job).outputs
        files = {f"{stem}-{each.name}": self.box.home.outputs / each.path for each in outputs}
        if not all(path.is_file() for path in files.values()):
            return _fail(claim, "What the job made is no longer kept.", job.id)
        results = _fresh_results(claim)
        for name, path in files.items():
            shutil.copyfile(path, results / name)
            sync_file(results / name)
        sync_folders(results)
        return _end(claim, "done")

    def _own(self) -> str:
        return accounts.operator(self.box).account


def _claims(folder: Path, operation: Operation[Any]) -> Iterator[Claim]:
    working = folder / _WORKING
    for path in sorted(working.iterdir()) if working.is_dir() else ():
        named = job_reference(path.name)
        if named and named.id == path.name and path.is_dir():
            yield Claim(folder, operation, named.id)


def _params(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError:
        raise InvalidInput(f"{PARAMS} beside the file is not JSON.") from None
    if not isinstance(found, dict):
        raise InvalidInput(f"{PARAMS} beside the file must hold one JSON object.")
    return found


def _fail(claim: Claim, says: str, job: JobId | None = None) -> None:
    name = claim.file.name if claim.file else "the file"
    made_by = f"{claim.operation.name}, {job_name(job)}" if job else claim.operation.name
    text = f"{name}: {says}\n\n{made_by}\n"
    note = _fresh_results(claim) / f"{short(name)}.error.txt"
    note.write_text(text, "utf-8", errors="replace")
    _end(claim, "failed")


def _fresh_results(claim: Claim) -> Path:
    results = claim.inside / RESULTS
    shutil.rmtree(results, ignore_errors=True)  # half copied before a crash
    results.mkdir()
    return results


def _end(claim: Claim, how: str) -> None:
    reach(Point.HOT_ENDING)
    claim.inside.rename(claim.inside.with_suffix(f".{how}"))
    reach(Point.HOT_ENDED)
