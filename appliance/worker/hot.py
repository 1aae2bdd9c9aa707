"""The hot folder's thread: looks about once a second."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass

from appliance.services.box import Box
from appliance.services.hot.working import HotFolder
from appliance.worker.running import Running

log = logging.getLogger(__name__)
_LOOK_S = 1.0


@dataclass(frozen=True)
class Hot:
    """Watches data/hot beside the lanes: copying a long film must hold up no heartbeat."""

    box: Box
    running: Running

    def start(self) -> None:
        """Begin, if settings want it, in one thread that ends with the process."""
        if self.box.settings.hot.enabled:
            threading.Thread(target=self._watch, name="hot", daemon=True).start()

    def _watch(self) -> None:
        folder = HotFolder(self.box)
        folder.prepare()
        while not self.running.stopping.wait(_LOOK_S):
            try:
                folder.look()
            except Exception:
                log.exception("the hot folder stumbled and goes on")
