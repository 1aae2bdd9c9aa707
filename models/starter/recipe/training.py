"""What both trainings share: where to compute, the pace of learning, checkpoints that can be gone
on from.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from quick import Masters, fuse, library
from torch import Tensor, nn

SAVE_EVERY_S = 150
TELL_EVERY = 50
FEW = 144  # inputs of a 3×3 convolution over 16 channels


def device() -> torch.device:
    """CUDA where there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def made_quick(model: nn.Module, where: torch.device) -> Masters:
    """The model in bfloat16 on its device, with the fused kernels on a CPU; and its float32
    masters.
    """
    masters = Masters(each.to(where) for each in model.parameters() if each.requires_grad)
    model.to(where, dtype=torch.bfloat16, memory_format=torch.channels_last)  # type: ignore[call-overload]
    masters.weights = [each for each in model.parameters() if each.requires_grad]
    kernels = library() if where.type == "cpu" else None
    if kernels is not None:
        fuse(model, kernels)
    return masters


def reach(weight: Tensor) -> float:
    """The share of the rate that a weight moves by: less, the more inputs it sums over."""
    inputs = weight[0].numel() if weight.ndim > 1 else 1
    return min(1.0, FEW / inputs)


@dataclass
class Run:
    """One training: the masters' optimiser over so many steps, its average, its checkpoint."""

    masters: Masters
    path: Path
    steps: int
    rate: float
    warmup: int = 100
    ema: float = 0.0
    careful: frozenset[int] = frozenset()  # the numbers of weights that move a twentieth as fast
    step: int = 0

    def __post_init__(self) -> None:
        groups = [
            {"params": [each], "share": reach(each) * (0.05 if n in self.careful else 1.0)}
            for n, each in enumerate(self.masters.copies)
        ]
        self.optimiser = torch.optim.AdamW(
            groups, lr=self.rate, betas=(0.9, 0.99), weight_decay=1e-2, fused=True
        )
        self.average = [each.detach().clone() for each in self.masters.copies] if self.ema else []
        if self.path.exists():
            self.resume()

    def pace(self) -> float:
        """The rate of this step: rising, then falling along a cosine to a fiftieth."""
        if self.step < self.warmup:
            return self.rate * (self.step + 1) / self.warmup
        done = (self.step - self.warmup) / max(1, self.steps - self.warmup)
        return self.rate * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1.0, done))))

    def learn(self, loss: Tensor) -> float:
        """One step from a loss; the gradients' norm."""
        loss.backward()  # type: ignore[no-untyped-call]
        norm = self.masters.take_gradients()
        for group in self.optimiser.param_groups:
            group["lr"] = self.pace() * group["share"]
        self.optimiser.step()
        self.masters.give_back()
        self.step += 1
        if self.average:
            keep = min(self.ema, (1 + self.step) / (10 + self.step))
            with torch.no_grad():
                torch._foreach_lerp_(
                    self.average, [each.data for each in self.masters.copies], 1 - keep
                )
        return norm

    def save(self) -> None:
        """The checkpoint, whole or not at all."""
        state = {
            "step": self.step,
            "masters": [each.data for each in self.masters.copies],
            "average": self.average,
            "optimiser": self.optimiser.state_dict(),
        }
        partial = self.path.with_suffix(".partial")
        torch.save(state, partial)
        partial.replace(self.path)

    def resume(self) -> None:
        """Go on from the checkpoint."""
        state = torch.load(self.path, map_location=self.masters.copies[0].device, weights_only=True)
        self.step = state["step"]
        with torch.no_grad():
            for copy, saved in zip(self.masters.copies, state["masters"], strict=True):
                copy.copy_(saved)
        self.average = state["average"]
        self.optimiser.load_state_dict(state["optimiser"])
        self.masters.give_back()

    def go(self, lesson: Callable[[int], Tensor], saved: Callable[[], Any] = lambda: None) -> None:
        """Learn until the last step; `lesson` gives a step's loss, `saved` is called at every
        checkpoint.
        """
        kept, told, total = time.time(), time.time(), 0.0
        while self.step < self.steps:
            loss = lesson(self.step)
            total += float(loss.detach())
            norm = self.learn(loss)
            if self.step % TELL_EVERY == 0:
                pace = TELL_EVERY / (time.time() - told)
                print(
                    f"{self.step} loss {total / TELL_EVERY:.4f} norm {norm:.2f} {pace:.2f} steps/s",
                    flush=True,
                )
                told, total = time.time(), 0.0
            if time.time() - kept > SAVE_EVERY_S:
                self.save()
                saved()
                kept = time.time()
        self.save()
        saved()
