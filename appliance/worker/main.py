"""The worker process from start to planned stop: the first of a box does all there is to do, each
further one runs heavy jobs on its GPU.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

from appliance.adapters.queue import CHORES, LIGHT, WEBHOOKS
from appliance.adapters.worker_lock import hold
from appliance.core.ids import new_ulid
from appliance.core.workers import Station, visible
from appliance.services import provenance
from appliance.services.box import Box
from appliance.services.money import pricing
from appliance.services.webhooks.delivering import Wording
from appliance.worker.children import Children
from appliance.worker.courier import Courier
from appliance.worker.heavy import HeavyLane
from appliance.worker.hot import Hot
from appliance.worker.housekeeping import Housekeeping, sweep
from appliance.worker.light import LightLane
from appliance.worker.running import Running
from appliance.worker.settling import Settler
from appliance.worker.takeover import Takeover

log = logging.getLogger(__name__)
_VISIBLE = "CUDA_VISIBLE_DEVICES"


def run_worker(box: Box, worded: Wording, station: Station) -> None:
    """Work until SIGTERM or SIGINT; running jobs then go back to the queue. Receivers of webhooks
    are told in the words of `worded`.

    Raises AlreadyRunning, SettingsError for an operation without a price and for a certificate
    that cannot sign.
    """
    pricing.check_operations(box)
    with _locked(box, station):
        # Read by CUDA when it is first used; what the operator set himself counts.
        os.environ.setdefault("CUDA_DEVICE_ORDER", "PCI_BUS_ID")
        os.environ[_VISIBLE] = visible(station.gpu, os.environ.get(_VISIBLE))
        Shift(box, station).work(worded)


@contextmanager
def _locked(box: Box, station: Station) -> Iterator[None]:
    """One worker a GPU, and one first worker a box whichever GPU it has."""
    files = [box.home.worker_lock(station.gpu)]
    if station.first:
        files.insert(0, box.home.data / "worker.lock")
    with ExitStack() as held:
        for file in files:
            held.callback(os.close, hold(file))
        yield


class Shift:
    """One run of one worker."""

    def __init__(self, box: Box, station: Station) -> None:
        self.box, self.station = box, station
        self.boot = station.boot(new_ulid())
        self.running = Running()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _signal, _frame: self.running.stopping.set())
        self.children = Children(box.settings)
        self.settler = Settler(box, provenance.signer(box), station)
        self.takeover = Takeover(box, station, self.boot)
        parts = (self.boot, self.children, self.running, self.settler)
        self.heavy = HeavyLane(box, *parts)
        self.light = LightLane(box, *parts)
        self.housekeeping = Housekeeping(box, station, self.running, self.heavy.memory)

    def work(self, worded: Wording) -> None:
        """Begin, wait for a signal, end."""
        threads = {self.station.lane: 1}
        self.box.lanes.install(self.station.lane, self.heavy.run_next)
        ...
