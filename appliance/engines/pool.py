"""Loaded models, kept between jobs and dropped, least lately used first, when memory is short.

One thread uses a pool. What `get` gives is a handle: should its model have been dropped for another
one, its next use loads it again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from appliance.core.abilities.key import AbilityKey
from appliance.core.errors import ProcessingFailed
from appliance.core.model import Model
from appliance.engines.budget import Budget
from appliance.engines.registry import Device, Engine

Offer = TypeVar("Offer")
Result = TypeVar("Result")
Loading = Callable[[Model], None]


@dataclass
class Loaded:
    """One model in memory. `peak_mb`: most that was taken while it worked, all models together."""

    model: Model
    offer: object
    load_s: float
    size_mb: int
    peak_mb: int


class Pool:
    """The models of one device.

    `find` gives an engine by name (`registry.engine`).
    """

    def __init__(self, budget: Budget, find: Callable[[str], Engine], device: Device) -> None:
        self._budget, self._find, self._device = budget, find, device
        self._loaded: dict[str, Loaded] = {}  # least lately used first
        self._needs_mb: dict[str, int] = {}  # measured, by model digest

    def loaded(self) -> tuple[Loaded, ...]:
        """What is in memory, least lately used first."""
        return tuple(self._loaded.values())

    def free(self, model_id: str) -> None:
        """Drop a model. Nothing happens if it is not loaded."""
        if self._loaded.pop(model_id, None):
            self._budget.give_back()

    def get(
        self, model: Model, key: AbilityKey[Offer], *, loading: Loading = lambda _model: None
    ) -> Offer:
        """What offers `key` by this model, loaded if need be; `loading` is called before.

        When memory runs out, in loading or in later use, the other models are dropped and the same
        is tried once more. Raises ProcessingFailed when it does not suffice even so.
        """
        declared = self._find(model.engine)
        if declared.ability != key or model.layout not in declared.layouts:
            raise ProcessingFailed(
                f"The engine {declared.name} offers {declared.ability.title} from "
                f"{', '.join(declared.layouts)}; the manifest of {model.id} says otherwise."
            )
        self._ready(model, loading)
        return cast("Offer", _Handle(self, model, loading))

    def use(self, model: Model, loading: Loading, call: Callable[[object], Result]) -> Result:
        """What `call` makes of the loaded model, measured, with a second try when memory ran out.

        Raises ProcessingFailed when it does not suffice even with no other model loaded.
        """
        for _attempt in range(2):
            entry = self._ready(model, loading)
            self._budget.forget_peak()
            try:
                return call(entry.offer)
            except (MemoryError, RuntimeError) as error:
                if not self._budget.is_exhausted(error):
                    raise
            finally:
                self._measure(entry)
            # Only here are the failed call's own arrays gone: its error is no longer held.
            self._drop_others(model.id)
        raise _too_large(model)

    def _measure(self, entry: Loaded) -> None:
        entry.peak_mb = max(entry.peak_mb, self._budget.peak_mb())

    def _ready(self, model: Model, loading: Loading) -> Loaded:
        """The loaded model, now the most lately used."""
        entry = self._loaded.pop(model.id, None)
        if entry and entry.model.digest != model.digest:
            entry = None  # other weights were installed under the same name
        entry = entry or self._load(model, loading)
        self._loaded[model.id] = entry
        return entry

    def _load(self, model: Model, loading: Loading) -> Loaded:
        if model.memory_mb > self._budget.total_mb():
            raise ProcessingFailed(
                f"{model.id} needs {model.memory_mb} MB of memory; "
                f"this box has {self._budget.total_mb()} MB for models."
            )
        loading(model)
        self._make_room(self._needs_mb.get(model.digest, model.memory_mb))
        for _attempt in range(2):
            started, before = time.monotonic(), self._budget.used_mb()
            try:
                offer = self._find(model.engine).load(model, self._device)
            except (MemoryError, RuntimeError) as error:
                if not self._budget.is_exhausted(error):
                    raise
            else:
                return self._entry(model, offer, time.monotonic() - started, before)
            self._drop_others(model.id)
        raise _too_large(model)

    def _entry(self, model: Model, offer: object, load_s: float, before_mb: int) -> Loaded:
        size_mb = max(0, self._budget.used_mb() - before_mb)
        self._needs_mb[model.digest] = max(size_mb, model.memory_mb)
        return Loaded(model, offer, load_s, size_mb, self._budget.peak_mb())

    def _make_room(self, needed_mb: int) -> None:
        while self._loaded and self._budget.free_mb() < needed_mb:
            self.free(next(iter(self._loaded)))

    def _drop_others(self, model_id: str) -> None:
        for other in [each for each in self._loaded if each != model_id]:
            self._loaded.pop(other)
        self._budget.give_back()


def _too_large(model: Model) -> ProcessingFailed:
    return ProcessingFailed(
        f"Memory does not suffice for {model.id}, even with no other model loaded. "
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
