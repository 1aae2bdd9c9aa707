"""What the worker does beside jobs: heartbeats, lost nudges, and files whose time is over."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from appliance.adapters.queue import CHORES, HEAVY
from appliance.adapters.wake import Doorbell
from appliance.core.clock import micros
from appliance.core.ids import JobId
from appliance.services.box import Box
from appliance.services.files import retention
from appliance.services.health import WORKER
from appliance.services.jobs import steering
from appliance.services.jobs.steering import WORKER_BELL
from appliance.worker.pulse import Pulse
from appliance.worker.running import Running

log = logging.getLogger(__name__)
_BEAT_S, _SWEEP_S = 1.0, 60.0


@dataclass(frozen=True)
class Housekeeping:
    """Beats, listens for cancellations, and sweeps once a minute.

    `memory` tells what is in memory, `free` has a model dropped, `look` wakes who delivers.
    """

    box: Box
    running: Running
    memory: Callable[[], dict[str, Any]]
    free: Callable[[str], None]
    look: Callable[[], None]
    pulse: Pulse = field(default_factory=Pulse)

    def start(self) -> None:
        """Begin, in one thread that ends with the process."""
        self.box.lanes.install(CHORES, self.sweep)
        bell = Doorbell(self.box.home.run / WORKER_BELL)
        threading.Thread(target=self._listen, args=(bell,), name="keeper", daemon=True).start()

    def _listen(self, bell: Doorbell) -> None:
        beat = sweep = 0.0
        while not self.running.stopping.is_set():
            now = time.monotonic()
            try:
                if now - beat >= _BEAT_S:
                    beat = now
                    self._beat()
                if now - sweep >= _SWEEP_S:
                    sweep = now
                    self.box.lanes.nudge(CHORES)
                for message in bell.wait(_BEAT_S):
                    self._obey(message)
            except Exception:
                log.exception("housekeeping stumbled and goes on")
                self.box.clock.sleep(_BEAT_S)

    def _beat(self) -> None:
        now = micros(self.box.clock.now())
        jobs = self.pulse.look(self.box.live, self.running.jobs(), now)
        says = self.memory() | {"running": len(jobs), "jobs": jobs}
        self.box.live.beat(WORKER, now, json.dumps(says))
        self.look()
        steering.nudge_pending(self.box)
        steering.cancel_overdue(self.box)
        for job in steering.to_cancel(self.box):
            self.running.cancel(job)

    def _obey(self, message: str) -> None:
        verb, _, name = message.partition(" ")
        if verb == "cancel":
            self.running.cancel(JobId(name))
        elif verb == "free":
            self.free(name)

    def sweep(self) -> None:
        """Remove models, files and rows whose time is over."""
        self.box.lanes.nudge(HEAVY)  # its own thread looks for idle models
        retention.remove_expired(self.box)
        retention.remove_old_rows(self.box)
