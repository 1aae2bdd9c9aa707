"""The models in this worker's memory, loaded and dropped by the heavy lane's thread alone."""

from __future__ import annotations

import logging
import time
from functools import cached_property
from importlib import import_module
from queue import Empty, SimpleQueue
from typing import Any

from appliance.adapters.manifests import installed
from appliance.core.errors import ApplianceError, ProcessingFailed
from appliance.core.jobs import Lane
from appliance.core.model import Model
from appliance.core.workers import Station
from appliance.engines import registry
from appliance.services import memory
from appliance.services.box import Box
from appliance.services.memory import Wish

log = logging.getLogger(__name__)
_BUG = "The model cannot be loaded; the appliance's log has the details."


class Memory:
    """What the heavy lane holds between jobs. `says` and `ask` may be called by any thread."""

    def __init__(self, box: Box, station: Station) -> None:
        self._box, self._station = box, station
        self._asked: SimpleQueue[tuple[Wish, str]] = SimpleQueue()
        self._warm = False

    @cached_property
    def pool(self) -> Any:
        """The loaded models (`engines.pool.Pool`). Made by the first job: importing torch takes
        seconds, which light jobs must not wait for.
        """
        opening = import_module("appliance.engines.opening")
        settings = self._box.settings
        return opening.open_pool(settings.worker.model_memory_mb, frozenset(settings.models.pinned))

    def says(self) -> dict[str, Any]:
        """The GPU and the models in memory, as a heartbeat tells them.

        Nothing is known before the first heavy job.
        """
        if "pool" not in self.__dict__:
            return {"gpu": None, "models": []}
        facts = import_module("appliance.engines.opening").gpu_facts()
        loaded = [
            {
                "id": each.model.id,
                "memory_mb": each.size_mb,
                "peak_mb": each.peak_mb,
                "load_s": round(each.load_s, 2),
                "idle_s": round(time.monotonic() - each.used_at),
                "thrift": each.thrift,
            }
            for each in self.pool.loaded()
        ]
        return {"gpu": facts, "models": loaded, "loads": self.pool.loads}

    def ask(self, wish: Wish, model_id: str) -> None:
        """Have a model loaded or dropped once the lane is between two jobs."""
        self._asked.put((wish, model_id))
        self._box.lanes.wake(self._station.lane)

    def obey(self) -> None:
        """Do what was asked, and answer."""
        while True:
            try:
                wish, model_id = self._asked.get_nowait()
            except Empty:
                return
            says = self._freed(model_id) if wish is Wish.FREE else self._loaded(model_id)
            memory.tell(self._box, self._station, wish, model_id, says)

    def _freed(self, model_id: str) -> dict[str, int | float | str]:
        freed = self.pool.free(model_id)
        return {"before_mb": freed.before_mb, "after_mb": freed.after_mb}

    def _loaded(self, model_id: str) -> dict[str, int | float | str]:
        model = self._box.shelf.find(model_id)
        if model is None:
            return {"error": f"There is no model {model_id!r} any more."}
        try:
            ability = registry.engine(model.engine).ability
            took, seconds = self.pool.load(model, ability)
        except ApplianceError as error:
            return {"error": error.message}
        except Exception:  # whatever its files make the engine's libraries raise
            log.exception("%s was asked for and cannot be loaded", model_id)
            return {"error": _BUG}
        return {
            "before_mb": took.before_mb,
            "after_mb": took.after_mb,
            "load_s": round(seconds, 2),
        }

    def warm_up(self) -> None:
        """Import torch and the engines of installed models, once, while there is nothing to do."""
        if self._warm:
            return
        self._warm = True
        for model in self._box.shelf.all():
            here = model.engine in registry.names() and installed(model)
            if here and model.lane is Lane.HEAVY:
                self._ready(model, registry.engine(model.engine))
        _ = self.pool

    def _ready(self, model: Model, engine: registry.Engine) -> None:
        """Load a pinned model before anybody asks for it."""
        if model.id not in self._box.settings.models.pinned:
            return
        try:
            self.pool.get(model, engine.ability)
        except ProcessingFailed as error:
            log.warning("pinned, but not loaded: %s", error)

    def free_idle(self) -> None:
        """Drop the models that nobody has used for `worker.model_idle_s`."""
        idle_s = self._box.settings.worker.model_idle_s
        if idle_s:
            self.pool.free_idle(idle_s)
