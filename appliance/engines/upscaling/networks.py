"""The two networks of Real-ESRGAN, four times as large, in the order their weights are stored.

Sources: Wang 2018, ESRGAN (RRDBNet); Wang 2021, Real-ESRGAN (both, as published with it).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional
from typing_extensions import override

SLOPE = 0.2
FACTOR = 4


class _DenseBlock(nn.Module):
    """Five convolutions, each seeing all before it."""

    def __init__(self, width: int, growth: int) -> None:
        super().__init__()
        outs = (growth, growth, growth, growth, width)
        self.convs = nn.ModuleList(_conv(width + growth * n, out) for n, out in enumerate(outs))

    @override
    def forward(self, x: Tensor) -> Tensor:
        seen = [x]
        for conv in self.convs[:-1]:
            seen.append(_leaky(conv(torch.cat(seen, 1))))
        fresh: Tensor = self.convs[-1](torch.cat(seen, 1))
        return fresh.mul_(0.2).add_(x)


class _Block(nn.Module):
    """Three dense blocks in a residual."""

    def __init__(self, width: int, growth: int) -> None:
        super().__init__()
        self.dense = nn.Sequential(*(_DenseBlock(width, growth) for _ in range(3)))

    @override
    def forward(self, x: Tensor) -> Tensor:
        fresh: Tensor = self.dense(x)
        return fresh.mul_(0.2).add_(x)


class RRDBNet(nn.Module):
    """The large one: a trunk of residual dense blocks, then two nearest-neighbour doublings.

    Shapes: N×3×H×W in 0…1 → N×3×4H×4W, about 0…1.
    """

    def __init__(self, blocks: int, width: int = 64, growth: int = 32) -> None:
        super().__init__()
        self.first = _conv(3, width)
        self.trunk = nn.Sequential(*(_Block(width, growth) for _ in range(blocks)))
        self.after_trunk = _conv(width, width)
        self.doublings = nn.ModuleList(_conv(width, width) for _ in range(2))
        self.fine = _conv(width, width)
        self.last = _conv(width, 3)

    @override
    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x)
        x = x + self.after_trunk(self.trunk(x))
        for conv in self.doublings:
            x = _leaky(conv(functional.interpolate(x, scale_factor=2.0, mode="nearest")))
        out: Tensor = self.last(_leaky(self.fine(x)))
        return out


class CompactNet(nn.Module):
    """The small one (SRVGGNetCompact): plain convolutions, then depth to space.

    Shapes: N×3×H×W in 0…1 → N×3×4H×4W, about 0…1.
    """

    def __init__(self, inner: int, width: int = 64) -> None:
        super().__init__()
        layers: list[nn.Module] = [_conv(3, width), nn.PReLU(width)]
        for _ in range(inner):
            layers += [_conv(width, width), nn.PReLU(width)]
        self.body = nn.Sequential(*layers, _conv(width, 3 * FACTOR**2), nn.PixelShuffle(FACTOR))

    @override
    def forward(self, x: Tensor) -> Tensor:
        # It learnt what to add to the picture enlarged without any smoothing.
        base = functional.interpolate(x, scale_factor=float(FACTOR), mode="nearest")
        out: Tensor = self.body(x)
        return out.add_(base)


def _conv(ins: int, outs: int) -> nn.Conv2d:
    return nn.Conv2d(ins, outs, 3, 1, 1)


def _leaky(x: Tensor) -> Tensor:
    return functional.leaky_relu(x, SLOPE, inplace=True)
