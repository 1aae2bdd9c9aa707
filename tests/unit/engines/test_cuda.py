"""The choice of device. What the GPU's budget measures needs a GPU and is measured on one."""

from __future__ import annotations

import pytest
import torch

from appliance.engines.cuda import CudaBudget, best_device
from appliance.engines.registry import CPU


def test_the_best_device_is_one_that_torch_can_compute_on():
    device = best_device()

    sample = torch.ones(2, dtype=getattr(torch, device.dtype), device=device.name)

    assert float((sample + sample).sum()) == 4
    assert torch.cuda.is_available() or device == CPU


@pytest.mark.parametrize(
    ("error", "exhausted"),
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB"), True),
        (RuntimeError("CUDA error: out of memory"), True),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate`"), True),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"), True),
        (MemoryError(), True),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), False),
    ],
)
def test_it_knows_running_out_by_every_library_s_words(error, exhausted):
    # Without its constructor, which asks the card: what is asked here is only about words.
    budget = object.__new__(CudaBudget)

    assert budget.is_exhausted(error) is exhausted
    assert not budget.is_hopeless(10**9)
