"""The GPU: which device and precision to use, and its memory as a Budget."""

from __future__ import annotations

import gc

import torch

from appliance.engines.registry import CPU, Device

_MB = 1 << 20
# What the libraries below torch say; its own allocator has a class for it.
_EXHAUSTED = ("out of memory", "ALLOC_FAILED", "can't allocate memory")


def best_device() -> Device:
    """The GPU if torch can use one (bfloat16 where it is fast, else float16), else the CPU."""
    if not torch.cuda.is_available():
        return CPU
    fast = torch.cuda.is_bf16_supported(including_emulation=False)
    return Device("cuda", "bfloat16" if fast else "float16")


class CudaBudget:
    """Memory of the current GPU. `limit_mb` 0: all of it."""

    def __init__(self, limit_mb: int = 0) -> None:
        self._limit_mb = limit_mb or torch.cuda.mem_get_info()[1] // _MB

    def total_mb(self) -> int:
        """The limit."""
        return self._limit_mb

    def used_mb(self) -> int:
        """What torch holds."""
        return torch.cuda.memory_reserved() // _MB

    def free_mb(self) -> int:
        """Free on the card (others use it too) or cached by torch, and below the limit."""
        idle = torch.cuda.memory_reserved() - torch.cuda.memory_allocated()
        free = (torch.cuda.mem_get_info()[0] + idle) // _MB
        return max(0, min(free, self._limit_mb - torch.cuda.memory_allocated() // _MB))

    def peak_mb(self) -> int:
        """Most that tensors took at once."""
        return torch.cuda.max_memory_allocated() // _MB

    def forget_peak(self) -> None:
        """Start a new measurement of the peak."""
        torch.cuda.reset_peak_memory_stats()

    def give_back(self) -> None:
        """Collect cycles and empty torch's cache."""
        gc.collect()
        torch.cuda.empty_cache()

    def is_exhausted(self, error: BaseException) -> bool:
        """A failed allocation, on the card or beside it."""
        if isinstance(error, MemoryError | torch.OutOfMemoryError):
            return True
        return any(each in str(error) for each in _EXHAUSTED)

    def is_hopeless(self, needed_mb: int) -> bool:
        """Never: the card refuses what it has not got, and harms nobody."""
        return False
