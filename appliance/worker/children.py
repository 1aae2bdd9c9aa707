"""Media children: pools of killable processes for everything that opens or writes media files."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import CancelledError
from dataclasses import replace
from typing import Any, TypeVar

from pebble import ProcessExpired, ProcessFuture, ProcessPool

from appliance.adapters.config import Settings
from appliance.core.errors import Cancelled, ProcessingFailed, TimedOut
from appliance.worker import child

T = TypeVar("T")
OUTSIDE = 2  # jobs that reach the network at once
_RECYCLE = 500  # orders, then a fresh child: whatever a decoder leaked goes with it


class ChildDied(ProcessingFailed):
    """A child ended under its order: killed, crashed, or out of memory."""


class Children:
    """Three pools: `light` runs whole light jobs, `outside` those that reach the network, and
    `media` decodes and encodes for the heavy lane, so that a long light job never stands before the
    GPU's files.
    """

    def __init__(self, settings: Settings) -> None:
        rules = child.Rules(
            memory_mb=settings.worker.child_memory_mb,
            file_mb=settings.worker.child_file_mb,
            nice=settings.worker.child_nice,
            picture_pixels=settings.limits.picture_pixels,
        )
        # One BLAS thread a child; torch's own threads are OpenMP's and stay.
        os.environ["OPENBLAS_NUM_THREADS"] = "1"
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["appliance.worker.child"])
        self._light_s, self._media_s = (
            settings.worker.light_timeout_s,
            settings.worker.media_timeout_s,
        )
        self._light_per_second = settings.worker.light_per_second
        self._light = _pool(settings.worker.children, context, rules)
        # These work for the heavy lane, so they stand back for nobody.
        self._media = _pool(2, context, replace(rules, nice=0))
        self._outside = _pool(OUTSIDE, context, replace(rules, network=True))

    def run(self, order: child.Order) -> ProcessFuture[child.Done]:
        """Start a light job; `outcome` gives what came of it, `cancel()` kills it."""
        if order.outside:  # as long as the other side takes
            return self._outside.schedule(child.run_order, args=(order,))
        # A film takes as long as it is.
        limit = self._light_s + self._light_per_second * order.seconds
        return self._light.schedule(child.run_order, args=(order,), timeout=limit)

    def media(self, work: Callable[..., T], *args: Any) -> ProcessFuture[T]:
        """Start decoding or encoding work of the heavy lane."""
        return self._media.schedule(work, args=args, timeout=self._media_s)

    def warm_up(self, *, light: bool) -> None:
        """Have every child imported and waiting, so that the first job does not pay for it.

        `light`: those that run light jobs too.
        """
        for pool in (self._light, self._media) if light else (self._media,):
            pool.schedule(os.getpid)

    def close(self) -> None:
        """Kill all children."""
        for pool in (self._light, self._media, self._outside):
            pool.stop()  # type: ignore[no-untyped-call]  # pebble's stop has no annotation
        for pool in (self._light, self._media, self._outside):
            pool.join()


def _pool(count: int, context: Any, rules: child.Rules) -> ProcessPool:
    return ProcessPool(
        max_workers=count,
        max_tasks=_RECYCLE,
        initializer=child.settle_in,
        initargs=(rules,),
        context=context,
    )


def outcome(future: ProcessFuture[T]) -> T:
    """Wait for a child's result. Raises what it raised, TimedOut, ChildDied, or Cancelled when
    somebody cancelled the future.
    """
    try:
        return future.result()
    except CancelledError:
        raise Cancelled("The job was cancelled.") from None
    except TimeoutError:
        raise TimedOut("This took longer than the appliance allows and was stopped.") from None
    except MemoryError:
        raise ProcessingFailed(
            "This needs more memory than the appliance gives one job; try a smaller file."
        ) from None
    except ProcessExpired as died:
        raise ChildDied(f"The process that did this ended (exit code {died.exitcode}).") from None
