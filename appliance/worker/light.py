"""The light lane: each thread claims a job and waits on a media child that runs it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial

from appliance.core.jobs import Claimed, Lane
from appliance.services.box import Box
from appliance.services.files import uploads
from appliance.services.jobs import claiming
from appliance.services.jobs.steering import WEB_BELL
from appliance.worker.child import Done, Order
from appliance.worker.children import Children, outcome
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

    def run_next(self) -> None:
        """Claim and run jobs until none is ready."""
        while not self.running.stopping.is_set():
            job = claiming.claim_next(self.box, Lane.LIGHT, self.boot)
            if job is None:
                return
            self.settler.end(job, partial(self._work, job))

    def _work(self, job: Claimed) -> tuple[Done, float]:
        started = time.monotonic()
        box = self.box
        models = self.settler.models(job)
        order = Order(
            job=job.id,
            attempt=job.attempt,
            operation=job.operation,
            params=uploads.revived(
                box, job.account, box.catalogue[job.operation].params, job.params
            ),
            models=models,
            naming=self.settler.naming(job, models),
            live=box.home.live,
            web_bell=box.home.run / WEB_BELL,
        )
        with self.running.leash(job.id) as leash:
            leash.check()
            future = self.children.run(order)
            leash.on_cancel = future.cancel
            if leash.cancelled.is_set():  # told between the check and the hook
                future.cancel()  # type: ignore[no-untyped-call]  # pebble's has no annotation
            done = outcome(future)
        return done, time.monotonic() - started
