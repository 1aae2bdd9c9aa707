"""The process's memory as a budget."""

from __future__ import annotations

import psutil
import pytest
import torch

from appliance.engines.budget import ProcessBudget


def test_without_a_limit_it_is_half_of_the_machine():
    assert ProcessBudget().total_mb() == (psutil.virtual_memory().total >> 20) // 2


def test_free_is_what_the_limit_leaves():
    budget = ProcessBudget()
    limited = ProcessBudget(budget.used_mb() + 100)

    assert 0 < limited.free_mb() <= 100
    assert ProcessBudget(1).free_mb() == 0


def test_the_peak_remembers_what_was_used_and_forgets_when_told():
    budget = ProcessBudget()
    ballast = bytearray(64 << 20)
    high = budget.used_mb()
    del ballast

    assert budget.peak_mb() >= high
    budget.forget_peak()
    budget.give_back()
    assert budget.peak_mb() < high


def test_it_knows_an_allocation_that_failed_from_another_error():
    budget = ProcessBudget()

    with pytest.raises(RuntimeError) as failed:
        torch.empty(1 << 50)

    assert budget.is_exhausted(failed.value)
    assert budget.is_exhausted(MemoryError())
    assert not budget.is_exhausted(RuntimeError("shapes do not match"))


def test_asking_for_more_than_the_machine_has_left_is_hopeless():
    budget = ProcessBudget()

    assert budget.is_hopeless(psutil.virtual_memory().total >> 20)
    assert not budget.is_hopeless(1)
