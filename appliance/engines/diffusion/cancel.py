"""Stops a pipeline between two passes through any of its networks.

A hook before each forward pass asks whether to go on; what it raises goes up through the pipeline.
That holds for every diffusers pipeline, also for those without a step callback.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from torch import nn


@contextmanager
def stoppable(pipe: Any, check: Callable[[], None]) -> Iterator[None]:
    """Inside, `check` is called before each pass of denoiser, text encoders and autoencoder.

    Afterwards the pipeline is as before, however the block was left.
    """

    def ask(*_given: object) -> None:
        check()

    networks = [each for each in pipe.components.values() if isinstance(each, nn.Module)]
    precisions = [(each, _dtype(each)) for each in networks]
    hooks = [each.register_forward_pre_hook(ask) for each in _entrances(networks)]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
        for network, dtype in precisions:
            # A half-precision autoencoder is made float32 while it decodes; stopped there, it
            # would stay so and the next picture would fail.
            if _dtype(network) != dtype:
                network.to(dtype)
        pipe.maybe_free_model_hooks()


def _entrances(networks: list[nn.Module]) -> list[nn.Module]:
    """The modules whose passes are watched; an autoencoder is entered by its two halves."""
    halves = [getattr(each, half, None) for each in networks for half in ("encoder", "decoder")]
    return networks + [each for each in halves if isinstance(each, nn.Module)]


def _dtype(network: nn.Module) -> Any:
    return next((each.dtype for each in network.parameters()), None)
