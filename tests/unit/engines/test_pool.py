"""Loaded models: kept, dropped, and what happens when memory runs out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from appliance.core.abilities.key import AbilityKey
from appliance.core.errors import ProcessingFailed
from appliance.core.model import WeightFile
from appliance.engines.pool import Freed, Pool
from appliance.engines.registry import CPU, Device, Engine
from tests.support.machine import KEY, Doubler, Machine, model


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


def test_a_model_is_loaded_before_it_is_used_and_not_again(pool, machine):
    took, seconds = pool.load(model("a"), KEY)
    again, same = pool.load(model("a"), KEY)

    assert (took, again) == (Freed(0, 40), Freed(40, 40))
    assert seconds == same >= 0
    assert machine.loads == ["a"]


def test_a_model_that_is_too_large_is_not_loaded_and_those_that_were_stay(pool, machine):
    pool.load(model("a"), KEY)

    with pytest.raises(ProcessingFailed, match="needs 500 MB"):
        pool.load(model("b", 500), KEY)

    assert ids(pool) == ["a"]


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


class Frugal(Doubler):
    """Does with a half, then with a quarter of the memory, but no less."""

    level = 0

    def double(self, number: int, *, needs_mb: int = 0) -> int:
        return super().double(number, needs_mb=needs_mb >> self.level)

    def thrift(self, level: int) -> bool:
        if level > 2:
            return False
        self.level = level
        return True


@pytest.fixture
def frugal(pool, machine) -> Doubler:
    machine.load = lambda each, _device: Frugal(machine, each)
    return pool.get(model("a"), KEY)


def test_the_ladder_drops_others_first_and_then_works_more_thriftily(pool, frugal):
    pool.get(model("b"), KEY)

    assert frugal.double(3, needs_mb=50) == 6
    assert (ids(pool), pool.loaded()[0].thrift) == (["a"], 0), "dropping b was enough"

    assert frugal.double(3, needs_mb=200) == 6
    assert pool.loaded()[0].thrift == 2


def test_at_the_end_of_the_ladder_the_work_fails_and_the_pool_stays_usable(pool, frugal, machine):
    with pytest.raises(ProcessingFailed, match="does not suffice for a"):
        frugal.double(3, needs_mb=1000)

    assert frugal.double(3, needs_mb=100) == 6, "it stays thrifty"
    assert pool.get(model("b"), KEY).double(1) == 2


def test_a_model_loaded_anew_works_at_full_speed_again(pool, frugal):
    frugal.double(3, needs_mb=200)
    pool.free("a")

    frugal.double(3)

    assert pool.loaded()[0].thrift == 0


GPU = Device("cuda", "float16")


def test_what_does_not_fit_a_gpu_whole_is_spread(machine):
    machine.spreads = True
    pool = Pool(machine, machine.engine, GPU)
    machine.take(50)  # another program's

    assert pool.get(model("a", 60), KEY).double(2) == 4
    assert machine.loads == ["a", "a"]

    assert pool.get(model("b", 120), KEY).double(2) == 4
    assert machine.loads[2:] == ["b"], "larger than the card: never tried whole"


def test_nothing_is_spread_by_an_engine_that_cannot(machine):
    with pytest.raises(ProcessingFailed, match="needs 120 MB"):
        Pool(machine, machine.engine, GPU).get(model("b", 120), KEY)


def test_where_running_out_ends_the_process_it_is_not_tried(pool, machine):
    machine.raids = True
    pool.get(model("a"), KEY)
    machine.take(40)  # another program's

    with pytest.raises(ProcessingFailed, match="needs 70 MB of memory and other programs have"):
        pool.get(model("b", 70), KEY)

    assert (machine.loads, ids(pool)) == (["a"], [])


def test_pinned_models_stay_whatever_happens(machine):
    pool = Pool(machine, machine.engine, CPU, pinned=frozenset("a"))
    pool.get(model("a"), KEY)
    pool.get(model("b"), KEY)

    pool.get(model("c"), KEY)
    assert ids(pool) == ["a", "c"]

    with pytest.raises(ProcessingFailed, match=r"even with only pinned ones \(a\) loaded"):
        pool.get(model("b"), KEY).double(1, needs_mb=50)
    assert pool.free_idle(0.0) == ("b",)
    assert ids(pool) == ["a"]


def test_the_size_in_the_device_s_precision_counts(machine):
    halved = replace(model("a", 120), memory={"float16": 60})

    Pool(machine, lambda name: Engine(name, KEY, "torch", ("ncnn",), _small(machine)), GPU).get(
        halved, KEY
    )
    with pytest.raises(ProcessingFailed, match="needs 120 MB"):
        Pool(machine, machine.engine, CPU).get(halved, KEY)


def _small(machine: Machine):
    return lambda each, _device: Doubler(machine, replace(each, memory_mb=60))


def test_idle_models_are_dropped_and_used_ones_kept(pool):
    pool.get(model("a"), KEY)
    pool.get(model("b"), KEY)
    pool.loaded()[0].used_at -= 100

    assert pool.free_idle(100) == ("a",)
    assert ids(pool) == ["b"]


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

    assert pool.free("a") == Freed(before_mb=40, after_mb=0)
    assert pool.free("a") == Freed(before_mb=0, after_mb=0)

    assert (ids(pool), machine.used) == ([], 0)


def test_a_manifest_that_promises_another_ability_is_refused(pool):
    other: AbilityKey[Doubler] = AbilityKey("test.halve", "halving")

    with pytest.raises(ProcessingFailed, match=r"test.doubler offers doubling .* manifest of a"):
        pool.get(model("a"), other)
    with pytest.raises(ProcessingFailed, match="manifest of a"):
        pool.get(replace(model("a"), layout="diffusers"), KEY)
