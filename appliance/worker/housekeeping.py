"""What the worker does beside jobs: heartbeats, lost nudges, and files whose time is over."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from appliance.adapters.wake import Doorbell
from appliance.core.clock import micros
from appliance.core.ids import JobId
from appliance.core.workers import Station
from appliance.services.box import Box
from appliance.services.files import retention
from appliance.services.jobs import steering
from appliance.services.memory import Wish
from appliance.worker.memory import Memory
from appliance.worker.pulse import Pulse
from appliance.worker.running import Running
from appliance.worker.takeover import Takeover

log = logging.getLogger(__name__)
_BEAT_S, _SWEEP_S = 1.0, 60.0


@dataclass(frozen=True)
class Housekeeping:
    """Beats, listens for what all workers are told, and once a minute has idle models looked at.

    `look` and `sweep`: what else is done at each beat, and each minute.
    """

    box: Box
    station: Station
    running: Running
    memory: Memory
    look: Callable[[], None] = lambda: None
    sweep: Callable[[], None] = lambda: None
    pulse: Pulse = field(default_factory=Pulse)

    def start(self) -> None:
        """Begin, in one thread that ends with the process."""
        bell = Doorbell(self.box.home.run / self.station.bell)
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
                    self.box.lanes.wake(self.station.lane)  # its own thread looks for idle models
                    self.sweep()
                for message in bell.wait(_BEAT_S):
                    self._obey(message)
            except Exception:
                log.exception("housekeeping stumbled and goes on")
                self.box.clock.sleep(_BEAT_S)

    def _beat(self) -> None:
        now = micros(self.box.clock.now())
        jobs = self.pulse.look(self.box.live, self.running.jobs(), now)
        says = self.memory.says() | {"running": len(jobs), "jobs": jobs}
        self.box.live.beat(self.station.name, now, json.dumps(says))
        self.look()
        steering.nudge_pending(self.box)
        steering.cancel_overdue(self.box)
        for job in steering.to_cancel(self.box):
            self.running.cancel(job)

    def _obey(self, message: str) -> None:
        verb, _, name = message.partition(" ")
        if verb == "cancel":
            self.running.cancel(JobId(name))
        elif verb in (*Wish,):
            self.memory.ask(Wish(verb), name)


def sweep(box: Box, takeover: Takeover) -> None:
    """Take up what workers left that stay away; remove files and rows whose time is over."""
    takeover.look()
    retention.remove_expired(box)
    retention.remove_old_rows(box)
