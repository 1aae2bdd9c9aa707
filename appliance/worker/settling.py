"""The end of a job, the same in both lanes: publish its files, settle it, tell the web."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from appliance import __version__
from appliance.adapters.wake import ring
from appliance.core.errors import ApplianceError, Cancelled, InternalError, Interrupted
from appliance.core.ids import job_name
from appliance.core.jobs import Claimed
from appliance.core.model import Model
from appliance.core.provenance import origin
from appliance.services.box import Box
from appliance.services.jobs import claiming, outcome, steering
from appliance.services.jobs.outcome import Result
from appliance.services.jobs.steering import WEB_BELL
from appliance.worker.child import Done
from appliance.worker.children import ChildDied
from appliance.worker.files import Naming

log = logging.getLogger(__name__)
_BUG = "Something went wrong on the appliance; its log has the details."


@dataclass(frozen=True)
class Settler:
    """Ends jobs in rows and files."""

    box: Box

    def naming(self, job: Claimed, models: dict[str, Model]) -> Naming:
        """Where the job's files are made: a folder of this attempt only."""
        folder = self.box.home.tmp / "jobs" / f"{job.id}-{job.attempt}"
        made_by = origin(
            job=job_name(job.id),
            operation=job.operation,
            params=job.params,
            models=models,
            software=f"Studio Appliance {__version__}",
        )
        return Naming(folder, made_by)

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
            claiming.give_back(self.box, job)
        except ChildDied as died:
            claiming.retry_or_fail(self.box, job, died)
        except ApplianceError as error:
            outcome.fail(self.box, job, error)
        except Exception:
            log.exception("job %s failed by a bug of ours", job.id)
            outcome.fail(self.box, job, InternalError(_BUG))
        finally:
            self._clear(job)

    def _interrupted_or_cancelled(self, job: Claimed) -> None:
        if steering.wants_cancel(self.box, job.id):
            outcome.cancelled(self.box, job)
        else:
            claiming.give_back(self.box, job)

    def _finish(self, job: Claimed, done: Done, seconds: float) -> None:
        made_in = self.naming(job, {}).folder
        published = self.box.home.outputs / job.id / str(job.attempt)
        published.parent.mkdir(parents=True, exist_ok=True)
        if made_in.exists():
            made_in.rename(published)
        files = [replace(made, path=published / made.path.name) for made in done.files]
        result = Result(files, {**done.facts, **self._digests(job)}, done.warnings, seconds)
        if not outcome.finish(self.box, job, result):
            shutil.rmtree(published, ignore_errors=True)
            outcome.cancelled(self.box, job)
            return
        _remove_others(published)

    def _digests(self, job: Claimed) -> dict[str, dict[str, str]]:
        found = {name: self.box.shelf.find(name) for name in job.models.values()}
        digests = {name: model.digest for name, model in found.items() if model}
        return {"model_digests": digests} if digests else {}

    def _clear(self, job: Claimed) -> None:
        shutil.rmtree(self.box.home.tmp / "jobs" / f"{job.id}-{job.attempt}", ignore_errors=True)
        self.box.live.forget(job.id)
        ring(self.box.home.run / WEB_BELL, job.id)


def _remove_others(published: Path) -> None:
    # A worker killed between renaming and committing leaves its attempt's folder behind.
    for folder in published.parent.iterdir():
        if folder != published:
            shutil.rmtree(folder, ignore_errors=True)
