"""The pool of this machine."""

from __future__ import annotations

import torch

from appliance.engines.opening import gpu_facts, open_pool


def test_a_fresh_pool_is_empty_and_minds_its_limit():
    pool = open_pool(123)

    assert pool.loaded() == ()
    assert pool._budget.total_mb() == 123


def test_gpu_facts_are_told_exactly_where_torch_has_one():
    facts = gpu_facts()

    assert (facts is not None) == torch.cuda.is_available()
    if facts:
        assert 0 < facts["free_mb"] <= facts["memory_mb"]
