"""The light lane: each thread claims a job and waits on a media child that runs it."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

from appliance.core.jobs import Claimed, Lane
from appliance.services.box import Box
from appliance.services.files import uploads
from appliance.services.jobs import batches, claiming
from appliance.services.jobs.steering import WEB_BELL
from appliance.worker.child import Done, Order
from appliance.worker.children import OUTSIDE, Children, outcome
from appliance.worker.outside import outside
from appliance.worker.running import Running
from appliance.worker.settling import Settler


@dataclass(frozen=True)
class LightLane:
    """Runs light jobs, one a thread."""

    box: Box
    boot: str
    children: Children
    running: Running
    settler: Settler
    _apart: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(OUTSIDE, thread_name_prefix="outside")
    )

    def run_next(self) -> None:
        """Claim and run jobs until none is ready."""
        while not self.running.stopping.is_set():
            job = claiming.claim_next(self.box, Lane.LIGHT, self.boot)
            if job is None:
                return
            if claiming.any_waiting(self.box.db, Lane.LIGHT):
                self.box.lanes.nudge_another(Lane.LIGHT)
            work = partial(self._work, job)
            if self._reaches_outside(job):
                # A download of hours must not take a lane's thread from everybody's pictures.
                self._apart.submit(self.settler.end, job, work)
            else:
                self.settler.end(job, work)

    def close(self) -> None:
        """Wait for the jobs that reach outside; told to stop, they end within a moment."""
        self._apart.shutdown(wait=True)

    def _reaches_outside(self, job: Claimed) -> bool:
        return job.operation in self.box.catalogue and self.box.catalogue[job.operation].outside

    def _work(self, job: Claimed) -> tuple[Done, float]:
        started = time.monotonic()
        box = self.box
        models = self.settler.models(job)
        operation = box.catalogue[job.operation]
        params = uploads.revived(box, job.account, operation.params, job.params)
        order = Order(
            job=job.id,
            attempt=job.attempt,
            operation=job.operation,
            params=params,
            models=models,
            naming=self.settler.naming(job, models),
            live=box.home.live,
            web_bell=box.home.run / WEB_BELL,
            outside=outside(box) if self._reaches_outside(job) else {},
            items=batches.items(box, job.id) if operation.gathers else (),
            seconds=float(operation.quantity(params).seconds),
        )
        with self.running.leash(job.id) as leash:
            leash.check()
            future = self.children.run(order)
            leash.on_cancel = future.cancel
            if leash.cancelled.is_set():  # told between the check and the hook
                future.cancel()  # type: ignore[no-untyped-call]  # pebble's has no annotation
            done = outcome(future)
        return done, time.monotonic() - started
