"""A machine of 100 MB with one engine on it: a pool's world, small enough to count."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from appliance.core.abilities.key import AbilityKey
from appliance.core.model import Model, WeightFile
from appliance.engines.registry import Device, Engine

KEY: AbilityKey[Doubler] = AbilityKey("test.double", "doubling")


def model(model_id: str, memory_mb: int = 40) -> Model:
    return Model(
        id=model_id,
        title=model_id,
        ability=KEY.name,
        engine="test.doubler",
        runtime="torch",
        layout="ncnn",
        folder=Path("/nowhere"),
        files=(WeightFile("w", 1, model_id * 64),),
        licence="MIT",
        commercial_use=True,
        memory_mb=memory_mb,
    )


class Doubler:
    """Offers `double`; takes memory from the shelf it stands on while it lives."""

    def __init__(self, machine: Machine, model: Model) -> None:
        self.machine, self.size_mb = machine, model.memory_mb
        machine.take(self.size_mb)

    def double(self, number: int, *, needs_mb: int = 0) -> int:
        self.machine.take(needs_mb)
        self.machine.used -= needs_mb
        return 2 * number

    def __del__(self) -> None:
        self.machine.used -= self.size_mb


@dataclass
class Machine:
    """100 MB of memory, as a Budget, with an engine on it."""

    used: int = 0
    raids: bool = False  # asking for too much would end the process
    spreads: bool = False
    loads: list[str] = field(default_factory=list)

    def take(self, size_mb: int) -> None:
        if self.used + size_mb > 100:
            raise MemoryError
        self.used += size_mb

    def total_mb(self) -> int:
        return 100

    def used_mb(self) -> int:
        return self.used

    def free_mb(self) -> int:
        return 100 - self.used

    def peak_mb(self) -> int:
        return self.used

    def forget_peak(self) -> None:
        pass

    def give_back(self) -> None:
        pass

    def is_exhausted(self, error: BaseException) -> bool:
        return isinstance(error, MemoryError)

    def is_hopeless(self, needed_mb: int) -> bool:
        return self.raids and self.used + needed_mb > 100

    def engine(self, name: str) -> Engine:
        return Engine(name, KEY, "torch", ("ncnn",), self.load, self.spreads)

    def load(self, model: Model, device: Device) -> Doubler:
        self.loads.append(model.id)
        return Doubler(self, replace(model, memory_mb=30) if device.spread else model)
