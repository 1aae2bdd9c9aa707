"""The worker process from start to planned stop."""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
import signal
import threading

from appliance.adapters.queue import CHORES, HEAVY, LIGHT, WEBHOOKS
from appliance.core.ids import new_ulid
from appliance.services import provenance
from appliance.services.box import Box
from appliance.services.health import WORKER
from appliance.services.jobs import claiming
from appliance.services.money import pricing
from appliance.services.webhooks.delivering import Wording
from appliance.worker.children import Children
from appliance.worker.courier import Courier
from appliance.worker.heavy import HeavyLane
from appliance.worker.hot import Hot
from appliance.worker.housekeeping import Housekeeping
from appliance.worker.light import LightLane
from appliance.worker.running import Running
from appliance.worker.settling import Settler

log = logging.getLogger(__name__)


class AlreadyRunning(Exception):
    """Another worker of this box holds data/worker.lock."""


def run_worker(box: Box, worded: Wording) -> None:
    """Work until SIGTERM or SIGINT; running jobs then go back to the queue. Receivers of webhooks
    are told in the words of `worded`.

    Raises AlreadyRunning, SettingsError for an operation without a price and for a certificate
    that cannot sign.
    """
    pricing.check_operations(box)
    lock = _locked(box)
    # Read by CUDA when it is first used; what the operator set himself stays.
    os.environ.setdefault("CUDA_DEVICE_ORDER", "PCI_BUS_ID")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", str(box.settings.worker.gpu))
    boot = new_ulid()
    running = Running()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _signal, _frame: running.stopping.set())
    shutil.rmtree(box.home.tmp / "jobs", ignore_errors=True)
    children = Children(box.settings)
    settler = Settler(box, provenance.signer(box))
    heavy = HeavyLane(box, boot, children, running, settler)
    light = LightLane(box, boot, children, running, settler)
    box.lanes.install(HEAVY, heavy.run_next)
    box.lanes.install(LIGHT, light.run_next)
    courier = Courier(box, worded, running)
    box.lanes.install(WEBHOOKS, courier.run_next)
    Housekeeping(box, running, heavy.memory, heavy.free, courier.look).start()
    box.live.clear()
    taken_up = claiming.recover(box, boot)
    threads = {HEAVY: 1, LIGHT: box.settings.worker.children, CHORES: 2}
    box.lanes.start(threads | {WEBHOOKS: box.settings.webhooks.threads})
    children.warm_up()
    Hot(box, running).start()
    for lane in (HEAVY, LIGHT):
        box.lanes.nudge(lane)
    log.info("worker %s is ready, %d unfinished jobs taken up", boot, taken_up)
    running.stopping.wait()
    _stop(box, running, children, (heavy, light))
    os.close(lock)


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
    box.live.quiet(WORKER)


def _locked(box: Box) -> int:
    handle = os.open(box.home.data / "worker.lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise AlreadyRunning("A worker of this appliance is running already.") from None
    return handle
