"""Real-ESRGAN in torch: pictures two or four times as large, tile by tile.

Both networks enlarge four times; twice as large is their result with each 2×2 px averaged, which
keeps the detail they add and is what the factor-2 variant of the small one does too (its weights
are the same bytes).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt
from typing import TYPE_CHECKING

import cv2
import numpy as np
import psutil
import torch
from torch import Tensor, nn
from torch.nn import functional

from appliance.core.abilities.upscaler import UPSCALER
from appliance.core.errors import ProcessingFailed
from appliance.core.model import Model
from appliance.core.picture import Picture
from appliance.core.progress import Progress
from appliance.engines.registry import Device, Engine
from appliance.engines.upscaling.ncnn import Layer, WrongWeights, load_weights, read_layers
from appliance.engines.upscaling.networks import FACTOR, CompactNet, RRDBNet
from appliance.engines.upscaling.tiles import Margins, paint, tiles

if TYPE_CHECKING:
    from appliance.core.picture import Pixels

_LARGEST_SIDE = {"cpu": 256, "cuda": 512}  # px read; larger ones gain a few per cent and cost much
_SMALLEST_GROUND = 16  # px of new ground in a tile below which memory counts as exhausted


@dataclass(frozen=True)
class Network:
    """A network with what tiling must know of it. `bytes_per_px`: memory at work, float32.

    Measured on photographs: the small network sees 18 px far and no farther; the large one in
    principle hundreds, of which the mean effect at 32 px is below 1/255, and fading hides the rest.
    """

    module: nn.Module
    margins: Margins
    bytes_per_px: int


def read_network(model: Model) -> Network:
    """The network that the model's two ncnn files describe. Raises WrongWeights."""
    by_ending = {each.name.rpartition(".")[2]: model.path(each.name) for each in model.files}
    if set(by_ending) != {"param", "bin"}:
        raise WrongWeights("an ncnn model is one .param and one .bin file")
    layers = read_layers(by_ending["param"])
    network = _described(layers)
    load_weights(network.module, layers, by_ending["bin"])
    return network


def _described(layers: list[Layer]) -> Network:
    convolutions = [each for each in layers if each.kind == "Convolution"]
    if len(convolutions) < 2:
        raise WrongWeights("the .param file lists no network")
    width, growth = (int(each.settings.get(0, 0)) for each in convolutions[:2])
    if any(each.kind == "PixelShuffle" for each in layers):
        module: nn.Module = CompactNet(len(convolutions) - 2, width)
        return Network(module, Margins(context=18, fade=0), bytes_per_px=1_000)
    blocks = (len(convolutions) - 6) // 15
    return Network(
        RRDBNet(blocks, width, growth), Margins(context=24, fade=16), bytes_per_px=14_000
    )


class RealEsrgan:
    """An Upscaler over one loaded network."""

    def __init__(self, network: Network, device: Device) -> None:
        # bfloat16 has too few digits for 8-bit pixels, so half precision is float16 here.
        self._dtype = torch.float32 if device.name == "cpu" else torch.float16
        self._network, self._device = network, device.name
        self._largest = _LARGEST_SIDE[device.name]
        self._module = network.module.eval().requires_grad_(requires_grad=False)
        self._module.to(device.name, self._dtype)
        # channels_last: a fifth faster on the CPU at two thirds of the memory, and what GPUs want.
        self._module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stub lacks it

    def upscale(self, picture: Picture, *, factor: int, progress: Progress) -> Picture:
        """The picture `factor` (2 or 4) times as wide and as high; alpha is kept."""
        if factor not in (2, FACTOR):
            raise ValueError(f"Real-ESRGAN enlarges 2 or 4 times, not {factor}")
        large = self._colours(picture, factor, self._side(), progress)
        if picture.has_alpha:
            large = np.dstack([large, _enlarged_alpha(picture, factor)])
        return Picture(np.ascontiguousarray(large))

    def thrift(self, level: int) -> bool:
        """Each level halves the tiles, down to where they would hold no new ground."""
        side = _LARGEST_SIDE[self._device] >> level
        if side < self._network.margins.around + _SMALLEST_GROUND:
            return False
        self._largest = side
        return True

    def _side(self) -> int:
        """Px a tile reads along a side: what fits into half of the free memory, up to a cap."""
        if self._device == "cuda":
            free = torch.cuda.mem_get_info()[0]
        else:
            free = psutil.virtual_memory().available
        per_px = self._network.bytes_per_px * self._dtype.itemsize // 4
        fits = isqrt(free // 2 // per_px)
        least = self._network.margins.around + _SMALLEST_GROUND
        return max(least, min(fits, self._largest))

    def _colours(self, picture: Picture, factor: int, side: int, progress: Progress) -> Pixels:
        small, margins = picture.pixels[:, :, :3], self._network.margins
        canvas = np.empty((picture.height * factor, picture.width * factor, 3), np.uint8)
        plan = list(tiles(picture.width, picture.height, side, margins))
        for n, tile in enumerate(plan):
            progress(n / len(plan), step=n, steps=len(plan))
            enlarged = self._enlarged(small[tile.rows.read, tile.columns.read], factor)
            paint(canvas, tile, enlarged, factor=factor, fade=margins.fade)
        progress(1.0, step=len(plan), steps=len(plan))
        return canvas

    @torch.inference_mode()
    def _enlarged(self, small: Pixels, factor: int) -> Pixels:
        x = torch.from_numpy(np.ascontiguousarray(small)).to(self._device)
        x = x.permute(2, 0, 1)[None].to(self._dtype, memory_format=torch.channels_last)
        y: Tensor = self._module(x.div_(255))
        if factor < FACTOR:
            y = functional.avg_pool2d(y, FACTOR // factor)
        y = y[0].permute(1, 2, 0).float().clamp_(0, 1).mul_(255).round_()
        pixels: Pixels = y.to(torch.uint8).cpu().numpy()
        return pixels


def _enlarged_alpha(picture: Picture, factor: int) -> Pixels:
    size = (picture.width * factor, picture.height * factor)
    alpha = np.ascontiguousarray(picture.pixels[:, :, 3])
    return cv2.resize(alpha, size, interpolation=cv2.INTER_CUBIC).astype(np.uint8, copy=False)


def load(model: Model, device: Device) -> RealEsrgan:
    """The upscaler of an ncnn model folder. Raises ProcessingFailed for wrong weights."""
    try:
        return RealEsrgan(read_network(model), device)
    except (WrongWeights, OSError) as error:
        raise ProcessingFailed(
            f"{model.id} cannot be loaded: {error}. Install it again."
        ) from error


ENGINE = Engine(
    name="upscaling.realesrgan",
    ability=UPSCALER,
    runtime="torch",
    layouts=("ncnn",),
    load=load,
)
