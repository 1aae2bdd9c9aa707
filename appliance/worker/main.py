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
from dataclasses import replace
from functools import partial

from appliance.adapters.queue import CHORES, LIGHT, WEBHOOKS
from appliance.adapters.worker_lock import held
from appliance.core.content_credentials import Signer
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
        running = Running()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _signal, _frame: running.stopping.set())
        _work(box, worded, station, running)


@contextmanager
def _locked(box: Box, station: Station) -> Iterator[None]:
    """One worker a GPU, and one first worker a box, whichever GPU it has."""
    with ExitStack() as locks:
        if station.first:
            locks.enter_context(held(box.home.data / "worker.lock"))
        locks.enter_context(held(box.home.worker_lock(station.gpu)))
        yield


def _work(box: Box, worded: Wording, station: Station, running: Running) -> None:
    boot = station.boot(new_ulid())
    takeover, children = Takeover(box, station, boot), Children(box.settings)
    settler = Settler(box, _signer(box), station)
    heavy = HeavyLane(box, boot, children, running, settler)
    light = LightLane(box, boot, children, running, settler)
    courier = Courier(box, worded, running)
    housekeeping = Housekeeping(box, station, running, heavy.memory)
    box.lanes.install(station.lane, heavy.run_next)
    threads = {station.lane: 1}
    if station.first:
        box.lanes.install(LIGHT, light.run_next)
        box.lanes.install(WEBHOOKS, courier.run_next)
        box.lanes.install(CHORES, partial(sweep, box, takeover))
        threads |= {LIGHT: box.settings.worker.children, CHORES: 2}
        threads |= {WEBHOOKS: box.settings.webhooks.threads}
        each_minute = partial(box.lanes.nudge, CHORES)
        housekeeping = replace(housekeeping, look=courier.look, sweep=each_minute)
    housekeeping.start()
    taken_up = takeover.begin()
    box.lanes.start(threads)
    children.warm_up(light=station.first)
    if station.first:
        Hot(box, running).start()
        box.lanes.nudge(LIGHT)
    box.lanes.wake(station.lane)
    log.info("%s %s is ready, %d unfinished jobs taken up", station.name, boot, taken_up)
    running.stopping.wait()
    _stop(box, running, children, (heavy, light))
    box.live.quiet(station.name)


def _signer(box: Box) -> Signer:
    # Workers begin side by side, and the first time the certificate is made.
    with held(box.home.data / "signing.lock", patience_s=60.0):
        return provenance.signer(box)


def _stop(
    box: Box, running: Running, children: Children, lanes: tuple[HeavyLane, LightLane]
) -> None:
    log.info("stopping: jobs go back to the queue")
    box.lanes.stop()
    patience = threading.Timer(box.settings.worker.stop_grace_s, running.stop_all)
    patience.start()
    box.lanes.join(timeout_s=box.settings.worker.stop_grace_s + 20)
    for lane in lanes:
        lane.close()
    patience.cancel()
    children.close()
