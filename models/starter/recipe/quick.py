"""What makes training on a CPU bearable: bfloat16 weights over float32 masters, and a fused group
normalisation.

On CUDA none of this is used but the masters. The compiled part needs a C compiler; without one,
PyTorch's own normalisation is used and training is about half as fast.
"""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

_SOURCE = Path(__file__).with_name("groupnorm.c")
# What -ffast-math would allow, without the start-up code it links in: that flushes subnormal
# numbers to zero in the whole process that loads the library.
_FLAGS = ["-O3", "-march=native", "-mprefer-vector-width=512", "-shared", "-fPIC"]
_FLAGS += ["-fno-math-errno", "-fno-trapping-math", "-fassociative-math", "-fno-signed-zeros"]
_helper = ThreadPoolExecutor(1)


def library() -> ctypes.CDLL | None:
    """The compiled kernels, or None where this machine has no C compiler."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        return None
    made = Path(tempfile.mkdtemp()) / "groupnorm.so"
    subprocess.run([compiler, *_FLAGS, str(_SOURCE), "-o", str(made), "-lm"], check=True)
    return ctypes.CDLL(str(made))


def _address(tensor: Tensor) -> ctypes.c_void_p:
    return ctypes.c_void_p(tensor.data_ptr())


def _halved(count: int, run: Callable[[int, int], Any]) -> None:
    """Run over samples 0..count on two threads: a foreign call leaves the interpreter free."""
    if torch.get_num_threads() < 2:
        run(0, count)
        return
    other = _helper.submit(run, count // 2, count)
    run(0, count // 2)
    other.result()


class _Fused(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, gamma, beta, groups, eps, silu, kernels):  # type: ignore[no-untyped-def] # noqa: PLR0913
        x = x.contiguous(memory_format=torch.channels_last)
        count, channels, height, width = x.shape
        y = torch.empty_like(x)
        mean, rstd = torch.empty(count, groups), torch.empty(count, groups)
        g, b = gamma.float(), beta.float()
        longs = [ctypes.c_long(each) for each in (height * width, channels, groups)]

        def part(first: int, last: int) -> None:
            kernels.forward(
                *map(_address, (x, y, mean, rstd, g, b)),
                ctypes.c_long(first),
                ctypes.c_long(last),
                *longs,
                ctypes.c_float(eps),
                ctypes.c_int(silu),
            )

        _halved(count, part)
        ctx.save_for_backward(x, mean, rstd, g, b)
        ctx.rest = (longs, silu, kernels, gamma.dtype)
        return y

    @staticmethod
    def backward(ctx, dy):  # type: ignore[no-untyped-def]
        x, mean, rstd, g, b = ctx.saved_tensors
        longs, silu, kernels, kind = ctx.rest
        dy = dy.contiguous(memory_format=torch.channels_last)
        count, channels = x.shape[:2]
        dx = torch.empty_like(x)
        dgamma, dbeta = torch.empty(count, channels), torch.empty(count, channels)

        def part(first: int, last: int) -> None:
            kernels.backward(
                *map(_address, (x, dy, dx, mean, rstd, g, b, dgamma, dbeta)),
                ctypes.c_long(first),
                ctypes.c_long(last),
                *longs,
                ctypes.c_int(silu),
            )

        _halved(count, part)
        return dx, dgamma.sum(0).to(kind), dbeta.sum(0).to(kind), None, None, None, None


class FusedGroupNorm(nn.Module):
    """In the place of a GroupNorm, and of the SiLU after it; shares its parameters, so the state's
    names stay.
    """

    def __init__(self, plain: nn.GroupNorm, kernels: ctypes.CDLL, *, silu: bool) -> None:
        super().__init__()
        self.weight, self.bias = plain.weight, plain.bias
        self.groups, self.eps, self.silu, self.kernels = plain.num_groups, plain.eps, silu, kernels

    def forward(self, x: Tensor) -> Tensor:
        if x.dtype != torch.bfloat16:
            y = nn.functional.group_norm(x, self.groups, self.weight, self.bias, self.eps)
            return nn.functional.silu(y) if self.silu else y
        out: Tensor = _Fused.apply(
            x, self.weight, self.bias, self.groups, self.eps, int(self.silu), self.kernels
        )
        return out


def fuse(model: nn.Module, kernels: ctypes.CDLL) -> None:
    """Put the fused normalisation into every residual block and output of a diffusers model, in
    place.
    """
    for block in list(model.modules()):
        if hasattr(block, "norm1") and hasattr(block, "norm2") and hasattr(block, "nonlinearity"):
            block.norm1 = FusedGroupNorm(block.norm1, kernels, silu=True)
            block.norm2 = FusedGroupNorm(block.norm2, kernels, silu=True)
            block.nonlinearity = _AfterEmbedding(block)
        elif isinstance(getattr(block, "conv_norm_out", None), nn.GroupNorm):
            block.conv_norm_out = FusedGroupNorm(block.conv_norm_out, kernels, silu=True)
            block.conv_act = nn.Identity()
        elif isinstance(getattr(block, "norm", None), nn.GroupNorm):
            block.norm = FusedGroupNorm(block.norm, kernels, silu=False)


class _AfterEmbedding(nn.Module):
    """A residual block's activation: already done for pictures (4 axes), still due for the time's
    embedding (2).
    """

    def __init__(self, block: nn.Module) -> None:
        super().__init__()

    def forward(self, x: Tensor) -> Tensor:
        return x if x.ndim == 4 else nn.functional.silu(x)


class Masters:
    """float32 copies of a model's weights, which the optimiser moves; the model keeps bfloat16 ones
    to compute with.
    """

    def __init__(self, weights: Iterable[nn.Parameter]) -> None:
        self.weights = list(weights)
        self.copies = [nn.Parameter(each.detach().float().clone()) for each in self.weights]

    def take_gradients(self) -> float:
        """Move the gradients over, clipped to norm 1; the norm before clipping."""
        for copy, weight in zip(self.copies, self.weights, strict=True):
            copy.grad = None if weight.grad is None else weight.grad.float()
            weight.grad = None
        return float(nn.utils.clip_grad_norm_(self.copies, 1.0))

    def give_back(self) -> None:
        """Write the moved weights back into the model."""
        with torch.no_grad():
            torch._foreach_copy_(
                [each.data for each in self.weights], [each.data for each in self.copies]
            )
