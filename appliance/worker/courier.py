"""The courier: tells receivers what is due, to each endpoint one delivery after the other."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field

from appliance.adapters.failpoints import Point, reach
from appliance.adapters.queue import WEBHOOKS
from appliance.services.box import Box
from appliance.services.webhooks import delivering
from appliance.services.webhooks.delivering import Due, Tried, Wording
from appliance.worker.running import Running

log = logging.getLogger(__name__)
_BUG = "Something went wrong on the appliance; its log has the details."


@dataclass(frozen=True)
class Courier:
    """Delivers in the threads of its lane. A receiver that takes its time holds up nobody else."""

    box: Box
    worded: Wording
    running: Running
    _busy: set[str] = field(default_factory=set)
    _taking: threading.Lock = field(default_factory=threading.Lock)

    def run_next(self) -> None:
        """Deliver until nothing is due but to endpoints that are being told something."""
        while not self.running.stopping.is_set() and (due := self._take()):
            reach(Point.DELIVERY_TAKEN)
            if delivering.any_due(self.box):
                self.box.lanes.nudge(WEBHOOKS)  # another thread may go on beside this one
            try:
                tried = self._try(due)
                reach(Point.DELIVERY_ANSWERED)
                delivering.record(self.box, due, tried)
            finally:
                self._busy.discard(due.endpoint)

    def look(self) -> None:
        """Wake the lane if something is due: what makes up for lost nudges and comes back to those
        who failed.
        """
        if delivering.any_due(self.box):
            self.box.lanes.nudge(WEBHOOKS)

    def _take(self) -> Due | None:
        with self._taking:
            due = delivering.next_due(self.box, self._busy)
            if due is not None:
                self._busy.add(due.endpoint)
            return due

    def _try(self, due: Due) -> Tried:
        try:
            return delivering.send(self.box, due, self.worded)
        except Exception:
            log.exception("delivery %s failed by a bug of ours", due.id)
            return Tried(None, 0, error=_BUG)
