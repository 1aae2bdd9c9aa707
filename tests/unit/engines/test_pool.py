"""Loaded models: kept, dropped, and what happens when memory runs out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from appliance.core.abilities.key import AbilityKey
from appliance.core.errors import ProcessingFailed
from appliance.core.model import Model, WeightFile
from appliance.engines.pool import Pool
from appliance.engines.registry import CPU, Device, Engine

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

    def engine(self, name: str) -> Engine:
        return Engine(name, KEY, "torch", ("ncnn",), self.load)

    def load(self, model: Model, _device: Device) -> Doubler:
        self.loads.append(model.id)
        return Doubler(self, model)


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def pool(machine) -> Pool:
    return Pool(machine, machine.engine, CPU)


def ids(pool: Pool) -> list[str]:
    return [each.model.id for each in pool.loaded()]


def test_a_model_is_loaded_once_and_said_to_be_loading_once(pool, machine):
    said: list[str] = []

    for _job in range(3):
        offer = pool.get(model("a"), KEY, loading=lambda each: said.append(each.id))
        assert offer.double(4) == 8

    assert machine.loads == said == ["a"]
    assert (pool.loaded()[0].size_mb, pool.loaded()[0].peak_mb) == (40, 40)


def test_the_least_lately_used_model_makes_room(pool):
    pool.get(model("a"), KEY)
    pool.get(model("b"), KEY)
    pool.get(model("a"), KEY)

    pool.get(model("c"), KEY)

    assert ids(pool) == ["a", "c"]


def test_a_handle_whose_model_was_dropped_loads_it_again(pool, machine):
    first = pool.get(model("a", 60), KEY)
    pool.get(model("b", 60), KEY)

    assert ids(pool) == ["b"]
    assert first.double(1) == 2
    assert machine.loads == ["a", "b", "a"]


def test_running_out_in_use_drops_the_others_and_tries_once_more(pool, machine):
    offer = pool.get(model("a"), KEY)
    pool.get(model("b"), KEY)

    assert offer.double(3, needs_mb=50) == 6

    assert ids(pool) == ["a"]
    assert machine.used == 40


def test_running_out_alone_is_told_and_the_pool_stays_usable(pool):
    offer = pool.get(model("a"), KEY)

    with pytest.raises(ProcessingFailed, match="does not suffice for a"):
        offer.double(3, needs_mb=70)

    assert offer.double(3) == 6


def test_running_out_in_loading_drops_the_others_first(pool, machine):
    pool.get(model("a"), KEY)
    modest = replace(model("b", 50), memory_mb=10)
    machine.load = lambda each, _device: Doubler(machine, replace(each, memory_mb=70))  # type: ignore[method-assign]

    pool.get(modest, KEY)

    assert ids(pool) == ["b"]


def test_a_model_larger_than_the_box_is_refused_before_anything_is_dropped(pool):
    pool.get(model("a"), KEY)

    with pytest.raises(ProcessingFailed, match="needs 101 MB of memory; this box has 100 MB"):
        pool.get(model("b", 101), KEY)

    assert ids(pool) == ["a"]


def test_other_weights_under_the_same_name_are_loaded(pool, machine):
    pool.get(model("a"), KEY)

    pool.get(replace(model("a"), files=(WeightFile("w", 1, "f" * 64),)), KEY)

    assert machine.loads == ["a", "a"]
    assert machine.used == 40


def test_a_bug_in_an_engine_passes_through(pool):
    offer = pool.get(model("a"), KEY)

    with pytest.raises(TypeError):
        offer.double()

    assert ids(pool) == ["a"]


def test_freeing_gives_the_memory_back_and_freeing_again_does_nothing(pool, machine):
    pool.get(model("a"), KEY)

    pool.free("a")
    pool.free("a")

    assert (ids(pool), machine.used) == ([], 0)


def test_a_manifest_that_promises_another_ability_is_refused(pool):
    other: AbilityKey[Doubler] = AbilityKey("test.halve", "halving")

    with pytest.raises(ProcessingFailed, match=r"test.doubler offers doubling .* manifest of a"):
        pool.get(model("a"), other)
    with pytest.raises(ProcessingFailed, match="manifest of a"):
        pool.get(replace(model("a"), layout="diffusers"), KEY)
