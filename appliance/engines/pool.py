"""Loaded models, kept between jobs and dropped, least lately used first, when memory is short.

One thread uses a pool. What `get` gives is a handle: should its model have been dropped for another
one, its next use loads it again.

When memory runs out the pool goes down a ladder: other models are dropped, then the model works
more thriftily as far as its engine can (`Thrifty`), then the work fails and the pool stays usable.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar, cast

from appliance.core.abilities.key import AbilityKey
from appliance.core.errors import ProcessingFailed
from appliance.core.model import Model
from appliance.engines.budget import Budget
from appliance.engines.registry import Device, Engine

log = logging.getLogger(__name__)

Offer = TypeVar("Offer")
Result = TypeVar("Result")
Loading = Callable[[Model], None]


@dataclass
class Loaded:
    """One model in memory.

    `peak_mb`: most that was taken while it worked, all models together. `thrift`: how far down the
    ladder it works, 0 as it was loaded. `used_at`: on the monotonic clock, in seconds.
    """

    model: Model
    offer: object
    load_s: float
    size_mb: int
    peak_mb: int
    thrift: int = 0
    used_at: float = 0.0


@dataclass(frozen=True)
class Freed:
    """Memory that was taken before and after something was dropped, or loaded, in MB."""

    before_mb: int
    after_mb: int


class Pool:
    """The models of one device.

    `find` gives an engine by name (`registry.engine`). `pinned`: ids of models that are not dropped
    for others, nor for idleness. `loads` counts loads.
    """

    def __init__(
        self,
        budget: Budget,
        find: Callable[[str], Engine],
        device: Device,
        *,
        pinned: frozenset[str] = frozenset(),
    ) -> None:
        self._budget, self._find, self.device = budget, find, device
        self._pinned = pinned
        self._loaded: dict[str, Loaded] = {}  # least lately used first
        self._needs_mb: dict[str, int] = {}  # measured, by model digest
        self.loads = 0

    def loaded(self) -> tuple[Loaded, ...]:
        """What is in memory, least lately used first."""
        return tuple(self._loaded.values())

    def free(self, model_id: str) -> Freed:
        """Drop a model, pinned or not. Nothing happens if it is not loaded."""
        before = self._budget.used_mb()
        if self._loaded.pop(model_id, None):
            self._budget.give_back()
        return Freed(before, self._budget.used_mb())

    def free_idle(self, seconds: float) -> tuple[str, ...]:
        """Drop models that nobody used for so long, but pinned ones; their ids."""
        long_ago = time.monotonic() - seconds
        idle = [each for each in self._movable() if self._loaded[each].used_at <= long_ago]
        for model_id in idle:
            freed = self.free(model_id)
            log.info("%s was idle: %d MB, now %d", model_id, freed.before_mb, freed.after_mb)
        return tuple(idle)

    def get(
        self, model: Model, key: AbilityKey[Offer], *, loading: Loading = lambda _model: None
    ) -> Offer:
        """What offers `key` by this model, loaded if need be; `loading` is called before.

        When memory runs out, in loading or in later use, the ladder is gone down. Raises
        ProcessingFailed when it does not suffice even so.
        """
        declared = self._find(model.engine)
        if declared.ability != key or model.layout not in declared.layouts:
            raise ProcessingFailed(
                f"The engine {declared.name} offers {declared.ability.title} from "
                f"{', '.join(declared.layouts)}; the manifest of {model.id} says otherwise."
            )
        self._ready(model, loading)
        return cast("Offer", _Handle(self, model, loading))

    def load(self, model: Model, key: AbilityKey[Any]) -> tuple[Freed, float]:
        """Have a model in memory before it is used, with the seconds that loading took, or took
        when it was. Raises as `get` does.
        """
        before = self._budget.used_mb()
        self.get(model, key)
        return Freed(before, self._budget.used_mb()), self._loaded[model.id].load_s

    def use(self, model: Model, loading: Loading, call: Callable[[object], Result]) -> Result:
        """What `call` makes of the loaded model, measured, tried again down the ladder.

        Raises ProcessingFailed when memory does not suffice at its end.
        """
        while True:
            entry = self._ready(model, loading)
            self._budget.forget_peak()
            try:
                return call(entry.offer)
            except (MemoryError, RuntimeError) as error:
                if not self._budget.is_exhausted(error):
                    raise
            finally:
                entry.peak_mb = max(entry.peak_mb, self._budget.peak_mb())
                entry.used_at = time.monotonic()
            # Only here are the failed call's own arrays gone: its error is no longer held.
            if not (self._drop_others(model.id) or self._save(entry)):
                raise self._too_large(model)

    def _save(self, entry: Loaded) -> bool:
        """Have a model work more thriftily from now on; whether it can."""
        self._budget.give_back()
        thrift = getattr(entry.offer, "thrift", None)
        if thrift is None or not thrift(entry.thrift + 1):
            return False
        # It stays so until it is loaded anew: the next job would run out at the same place.
        entry.thrift += 1
        log.warning("%s ran out of memory: thrift %d from now on", entry.model.id, entry.thrift)
        return True

    def _ready(self, model: Model, loading: Loading) -> Loaded:
        """The loaded model, now the most lately used."""
        entry = self._loaded.pop(model.id, None)
        if entry and entry.model.digest != model.digest:
            entry = None  # other weights were installed under the same name
        entry = entry or self._load(model, loading)
        entry.used_at = time.monotonic()
        self._loaded[model.id] = entry
        return entry

    def _load(self, model: Model, loading: Loading) -> Loaded:
        engine = self._find(model.engine)
        devices = self._devices(model, engine)
        loading(model)
        self._make_room(model)
        for device in devices:
            entry = self._tried(model, engine, device)
            if entry is None and self._drop_others(model.id):
                entry = self._tried(model, engine, device)
            if entry:
                return entry
        raise self._too_large(model)

    def _tried(self, model: Model, engine: Engine, device: Device) -> Loaded | None:
        """The model loaded in this way; None if memory ran out."""
        started, before = time.monotonic(), self._budget.used_mb()
        self._budget.forget_peak()
        try:
            offer = engine.load(model, device)
        except (MemoryError, RuntimeError) as error:
            if not self._budget.is_exhausted(error):
                raise
            return None
        return self._entry(model, offer, time.monotonic() - started, before)

    def _devices(self, model: Model, engine: Engine) -> list[Device]:
        """How to try to load it: whole, then spread over the GPU's and the machine's memory."""
        needed, total = self._declared_mb(model), self._budget.total_mb()
        spread = replace(self.device, spread=True)
        ways = [self.device, spread] if engine.spreads and self.device.name == "cuda" else []
        if needed <= total:
            return ways or [self.device]
        if ways:
            return [spread]
        raise ProcessingFailed(
            f"{model.id} needs {needed} MB of memory; this box has {total} MB for models."
        )

    def _declared_mb(self, model: Model) -> int:
        return model.memory_for(self.device.dtype)

    def _entry(self, model: Model, offer: object, load_s: float, before_mb: int) -> Loaded:
        size_mb = max(0, self._budget.used_mb() - before_mb)
        self._needs_mb[model.digest] = max(size_mb, self._declared_mb(model))
        self.loads += 1
        log.info("%s loaded in %.1f s, %d MB", model.id, load_s, size_mb)
        return Loaded(model, offer, load_s, size_mb, self._budget.peak_mb())

    def _make_room(self, model: Model) -> None:
        """Drop models until this one fits; free memory is measured each time, others share it.

        Raises ProcessingFailed where trying all the same could end the whole process.
        """
        needed = self._needs_mb.get(model.digest, self._declared_mb(model))
        while self._budget.free_mb() < needed:
            oldest = next(iter(self._movable()), None)
            if oldest is None:
                break
            self.free(oldest)
        if self._budget.is_hopeless(needed):
            raise ProcessingFailed(
                f"{model.id} needs {needed} MB of memory and other programs have left "
                f"{self._budget.free_mb()} MB. Close some, or use a smaller model."
            )

    def _movable(self) -> list[str]:
        """Ids of the models that may be dropped, least lately used first."""
        # Ids, because whoever holds an entry keeps its memory taken.
        return [each for each in self._loaded if each not in self._pinned]

    def _drop_others(self, model_id: str) -> bool:
        """Drop all that may be dropped but this one; whether there was any."""
        others = [each for each in self._movable() if each != model_id]
        for other in others:
            self._loaded.pop(other)
        self._budget.give_back()
        return bool(others)

    def _too_large(self, model: Model) -> ProcessingFailed:
        kept = [each for each in self._loaded if each in self._pinned and each != model.id]
        beside = f"only pinned ones ({', '.join(kept)})" if kept else "no other model"
        return ProcessingFailed(
            f"Memory does not suffice for {model.id}, even with {beside} loaded. "
            "Ask for a smaller picture or use a smaller model."
        )


class _Handle:
    """Offers what the model's engine offers; each call goes through the pool."""

    def __init__(self, pool: Pool, model: Model, loading: Loading) -> None:
        self._pool, self._model, self._loading = pool, model, loading

    def __getattr__(self, name: str) -> Any:
        def call(*given: Any, **named: Any) -> Any:
            return self._pool.use(
                self._model, self._loading, lambda offer: getattr(offer, name)(*given, **named)
            )

        return call
