"""How much memory models may take, and how much they do: what the pool decides by."""

from __future__ import annotations

import ctypes
import gc
from typing import Protocol

import psutil

_MB = 1 << 20
_libc = ctypes.CDLL(None)


class Budget(Protocol):
    """The memory that models share."""

    def total_mb(self) -> int:
        """All there could ever be for models."""
        ...

    def used_mb(self) -> int:
        """What is taken now."""
        ...

    def free_mb(self) -> int:
        """What a further model could take now."""
        ...

    def peak_mb(self) -> int:
        """Most that was taken since `forget_peak`, as far as it can be told."""
        ...

    def forget_peak(self) -> None:
        """Start a new measurement of the peak."""
        ...

    def give_back(self) -> None:
        """Return what dropped models held to the system."""
        ...

    def is_exhausted(self, error: BaseException) -> bool:
        """Whether this error says that memory ran out."""
        ...

    def is_hopeless(self, needed_mb: int) -> bool:
        """Whether taking so much more would end the process instead of raising an error."""
        ...


class ProcessBudget:
    """The process's own memory (RSS), for models that compute on the CPU.

    `limit_mb` 0: half of the machine's.
    """

    def __init__(self, limit_mb: int = 0) -> None:
        self._limit_mb = limit_mb or psutil.virtual_memory().total // _MB // 2
        self._process = psutil.Process()
        self._peak_mb = 0

    def total_mb(self) -> int:
        """The limit."""
        return self._limit_mb

    def used_mb(self) -> int:
        """Resident memory of this process."""
        used: int = self._process.memory_info().rss // _MB
        self._peak_mb = max(self._peak_mb, used)
        return used

    def free_mb(self) -> int:
        """Below the limit, and not more than the machine has available."""
        available = psutil.virtual_memory().available // _MB
        return max(0, min(self._limit_mb - self.used_mb(), available))

    def peak_mb(self) -> int:
        """Highest of the looks at `used_mb`."""
        self.used_mb()
        return self._peak_mb

    def forget_peak(self) -> None:
        """Start a new measurement of the peak."""
        self._peak_mb = 0

    def give_back(self) -> None:
        """Collect cycles, and have the allocator return what it keeps for itself."""
        gc.collect()
        # glibc keeps freed blocks below 32 MB, so that model after model the process would grow.
        if hasattr(_libc, "malloc_trim"):
            _libc.malloc_trim(0)

    def is_exhausted(self, error: BaseException) -> bool:
        """A failed allocation, Python's or torch's."""
        return isinstance(error, MemoryError) or "can't allocate memory" in str(error)

    def is_hopeless(self, needed_mb: int) -> bool:
        """Whether the machine has less: it would swap, and then kill the process."""
        return psutil.virtual_memory().available // _MB < needed_mb
