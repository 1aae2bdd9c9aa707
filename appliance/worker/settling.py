"""The end of a job, the same in both lanes: publish its files, settle it, tell the web."""

from __future__ import annotations

import errno
import logging
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar, TypeVarTuple

from appliance import __version__
from appliance.adapters.durable import put_away, sync_file, sync_folders
from appliance.adapters.failpoints import Point, reach
from appliance.adapters.wake import ring
from appliance.core.content_credentials import Signer
from appliance.core.errors import (
    ApplianceError,
    Busy,
    Cancelled,
    InternalError,
    Interrupted,
    StorageFull,
)
from appliance.core.ids import job_name
from appliance.core.jobs import Claimed
from appliance.core.model import Model
from appliance.core.provenance import origin
from appliance.core.workers import ONLY, Station
from appliance.services.box import Box
from appliance.services.jobs import claiming, outcome, steering
from appliance.services.jobs.outcome import Result
from appliance.services.jobs.steering import WEB_BELL
from appliance.worker.child import Done
from appliance.worker.children import ChildDied
from appliance.worker.files import Naming

Written = TypeVar("Written")
Rest = TypeVarTuple("Rest")

log = logging.getLogger(__name__)
_AGAIN_S = 1.0
_NO_ROOM = 1_000_000  # bytes free, of which no picture could be written
_BUG = "Something went wrong on the appliance; its log has the details."


@dataclass(frozen=True)
class Settler:
    """Ends jobs in rows and files. `signer`: what made files are signed with."""

    box: Box
    signer: Signer | None = None
    station: Station = ONLY

    def folder(self, job: Claimed) -> Path:
        """Where the job's files are made: a folder of this attempt only."""
        return self.box.home.working(self.station.gpu) / f"{job.id}-{job.attempt}"

    def naming(self, job: Claimed, models: dict[str, Model]) -> Naming:
        """The attempt's folder, made here and by no child: one that is still being killed when the
        attempt is over could bring it back.
        """
        self.folder(job).mkdir(parents=True, exist_ok=True)
        made_by = origin(
            job=job_name(job.id),
            operation=job.operation,
            params=job.params,
            models=models,
            software=f"Studio Appliance {__version__}",
        )
        return Naming(self.folder(job), made_by, self.signer)

    def models(self, job: Claimed) -> dict[str, Model]:
        """The models pinned at admission. Raises ModelNotInstalled if one was removed since."""
        found = {ability: self.box.shelf.find(model) for ability, model in job.models.items()}
        missing = [job.models[ability] for ability, model in found.items() if model is None]
        if missing:
            raise InternalError(f"The model {missing[0]} was removed while the job waited.")
        return {ability: model for ability, model in found.items() if model}

    def end(self, job: Claimed, work: Callable[[], tuple[Done, float]]) -> None:
        """Run `work` (what was made, in how many seconds) and settle the job by how it went."""
        try:
            done, seconds = work()
            self._finish(job, done, seconds)
        except Cancelled:
            self._interrupted_or_cancelled(job)
        except Interrupted:
            self._insist(claiming.give_back, job)
        except ChildDied as died:
            self._insist(claiming.retry_or_fail, job, died)
        except ApplianceError as error:
            self._insist(outcome.fail, job, error)
        except OSError as error:
            self._insist(outcome.fail, job, self._of_the_disk(job, error))
        except Exception:
            log.exception("job %s failed by a bug of ours", job.id)
            self._insist(outcome.fail, job, InternalError(_BUG))
        finally:
            self._clear(job)

    def _insist(
        self, write: Callable[[Box, Claimed, *Rest], Written], job: Claimed, *rest: *Rest
    ) -> Written:
        """Write what became of a job, and again while the rows are locked or their disk is full:
        what is in no row would be "processing" until the next start.
        """
        while True:
            try:
                return write(self.box, job, *rest)
            except (Busy, StorageFull) as error:
                log.warning("the end of job %s cannot be written yet: %s", job.id, error)
                self.box.clock.sleep(_AGAIN_S)

    def _of_the_disk(self, job: Claimed, error: OSError) -> ApplianceError:
        # Encoders in C say that a write failed, and not why.
        full = shutil.disk_usage(self.box.home.data).free < _NO_ROOM
        if full or error.errno in (errno.ENOSPC, errno.EDQUOT):
            return StorageFull("The appliance's disk is full; its admin must make room.")
        log.error("job %s failed by a bug of ours", job.id, exc_info=error)
        return InternalError(_BUG)

    def _interrupted_or_cancelled(self, job: Claimed) -> None:
        if steering.wants_cancel(self.box, job.id):
            self._insist(outcome.cancelled, job)
        else:
            self._insist(claiming.give_back, job)

    def _finish(self, job: Claimed, done: Done, seconds: float) -> None:
        published = self.box.home.outputs / job.id / str(job.attempt)
        if done.files:
            published.parent.mkdir(exist_ok=True)
            for made in done.files:
                sync_file(made.path)
            reach(Point.PUBLISH_RENAMING)
            self.folder(job).rename(published)
            reach(Point.PUBLISH_RENAMED)
        files = [replace(made, path=published / made.path.name) for made in done.files]
        result = Result(files, {**done.facts, **self._digests(job)}, done.warnings, seconds)
        finished = False
        try:
            if files:  # the rows that name them outlive a power cut
                sync_folders(published, published.parent, published.parent.parent)
            finished = self._insist(outcome.finish, job, result)
        finally:
            if not finished:
                _unpublish(published)
        if not finished:
            self._insist(outcome.cancelled, job)

    def _digests(self, job: Claimed) -> dict[str, dict[str, str]]:
        found = {name: self.box.shelf.find(name) for name in job.models.values()}
        digests = {name: model.digest for name, model in found.items() if model}
        return {"model_digests": digests} if digests else {}

    def _clear(self, job: Claimed) -> None:
        put_away(self.folder(job))
        self.box.live.forget(job.id)
        reach(Point.WEB_TELLING)
        ring(self.box.home.run / WEB_BELL, job.id)
        reach(Point.WEB_TOLD)


def _unpublish(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    with suppress(OSError):  # another attempt's folder is there
        folder.parent.rmdir()
