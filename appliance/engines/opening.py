"""The pool of this machine: on its GPU if torch can use one, else on the CPU. Imports torch."""

from __future__ import annotations

import torch

from appliance.engines import registry
from appliance.engines.budget import Budget, ProcessBudget
from appliance.engines.cuda import CudaBudget, best_device
from appliance.engines.pool import Pool


def open_pool(memory_mb: int, pinned: frozenset[str] = frozenset()) -> Pool:
    """An empty pool. `memory_mb` 0: all of the GPU's memory, or half of the machine's.

    `pinned`: ids of models that are not dropped for others.
    """
    device = best_device()
    budget: Budget = CudaBudget(memory_mb) if device.name == "cuda" else ProcessBudget(memory_mb)
    return Pool(budget, registry.engine, device, pinned=pinned)


def gpu_facts() -> dict[str, object] | None:
    """Name and memory of the GPU in MB, None without one."""
    if not torch.cuda.is_available():
        return None
    free, total = torch.cuda.mem_get_info()
    name = torch.cuda.get_device_name()
    return {"name": name, "memory_mb": total >> 20, "free_mb": free >> 20}
