"""Tells after each sampling step how far a pipeline is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor

from appliance.engines.diffusion.calling import denoiser, takes

Report = Callable[[int, int, Tensor | None], None]  # steps done, of how many, latents if known


@contextmanager
def followed(pipe: Any, steps: int, report: Report) -> Iterator[dict[str, Any]]:
    """Inside, `report` is called after each step; gives what the pipeline's call needs besides."""
    if "callback_on_step_end" in takes(pipe):
        yield {"callback_on_step_end": _callback(steps, report)}
        return
    hook = denoiser(pipe).register_forward_hook(_counting(steps, report))
    try:
        yield {}
    finally:
        hook.remove()


def _callback(steps: int, report: Report) -> Callable[..., dict[str, Any]]:
    def after_step(
        pipe: Any, index: int, _timestep: Any, tensors: dict[str, Any]
    ) -> dict[str, Any]:
        # From a picture fewer steps are made than asked for; some schedules make more.
        report(index + 1, getattr(pipe, "num_timesteps", steps), tensors.get("latents"))
        return tensors

    return after_step


def _counting(steps: int, report: Report) -> Callable[..., None]:
    done = 0

    def after_pass(*_given: object) -> None:
        nonlocal done
        done += 1
        report(min(done, steps), steps, None)

    return after_pass
