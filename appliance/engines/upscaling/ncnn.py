"""Reads ncnn's `.param` (a list of layers) and `.bin` (their weights) into a torch module.

The module's convolutions and PReLUs must be defined in the order they run in, which is the order
the weights lie in. Everything the two files state about them is compared with the module, up to the
last byte, so a wrong or cut file is refused and never half loaded.

Source: ncnn's documentation, "param and model file structure".
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

_MAGIC = "7767517"
_HALF = 0x01306B47
_SINGLE = 0


class WrongWeights(ValueError):
    """The files are not what the network needs."""


@dataclass(frozen=True)
class Layer:
    """One line of a `.param` file. `settings` by ncnn's own numbers, scalars only."""

    kind: str
    name: str
    settings: dict[int, float]


def read_layers(param: Path) -> list[Layer]:
    """All layers in order. Raises WrongWeights on anything but a complete `.param` file."""
    try:
        lines = param.read_text("ascii").split("\n")
        if lines[0].strip() != _MAGIC:
            raise WrongWeights(f"{param.name} does not begin as an ncnn .param file")
        count = int(lines[1].split()[0])
        layers = [_layer(line) for line in lines[2:] if line.strip()]
    except (UnicodeDecodeError, ValueError, IndexError) as error:
        raise WrongWeights(f"{param.name} is no ncnn .param file: {error}") from error
    if len(layers) != count:
        raise WrongWeights(f"{param.name} announces {count} layers and lists {len(layers)}")
    return layers


def _layer(line: str) -> Layer:
    kind, name, ins, outs, *rest = line.split()
    pairs = [text.partition("=") for text in rest[int(ins) + int(outs) :]]
    scalars = {int(key): float(value) for key, _, value in pairs if int(key) > _FIRST_ARRAY}
    return Layer(kind, name, scalars)


_FIRST_ARRAY = -23300  # keys from here down hold arrays


def load_weights(module: nn.Module, layers: list[Layer], weights: Path) -> None:
    """Fill the module's convolutions and PReLUs from a `.bin` file.

    Raises WrongWeights if layers, shapes or the file's length differ.
    """
    ours = [each for each in module.modules() if isinstance(each, nn.Conv2d | nn.PReLU)]
    theirs = [each for each in layers if each.kind in ("Convolution", "PReLU")]
    if len(ours) != len(theirs):
        raise WrongWeights(f"the network has {len(ours)} weighted layers, the file {len(theirs)}")
    source = _Bytes(weights)
    with torch.no_grad():
        for mine, layer in zip(ours, theirs, strict=True):
            if _stated(layer) != _expected(mine):
                raise WrongWeights(f"{weights.name}: layer {layer.name} is not of the shape needed")
            _fill(mine, source)
    source.end()


def _stated(layer: Layer) -> tuple[float, ...]:
    """(channels out, kernel, stride, padding, bias, weights); (channels,) for a PReLU."""
    settings = layer.settings
    if layer.kind == "PReLU":
        return (settings.get(0, 0),)
    kernel, stride, padding = settings.get(1, 0), settings.get(3, 1), settings.get(4, 0)
    return (settings.get(0, 0), kernel, stride, padding, settings.get(5, 0), settings.get(6, 0))


def _expected(module: nn.Conv2d | nn.PReLU) -> tuple[float, ...]:
    if isinstance(module, nn.PReLU):
        return (module.num_parameters,)
    kernel, stride, padding = module.kernel_size[0], module.stride[0], int(module.padding[0])
    count = module.weight.numel()
    return (module.out_channels, kernel, stride, padding, module.bias is not None, count)


def _fill(module: nn.Conv2d | nn.PReLU, source: _Bytes) -> None:
    if isinstance(module, nn.PReLU):
        module.weight.copy_(torch.from_numpy(source.singles(module.weight.numel())))
        return
    assert module.bias is not None
    weight = torch.from_numpy(source.tagged(module.weight.numel()))
    module.weight.copy_(weight.reshape(module.weight.shape))
    module.bias.copy_(torch.from_numpy(source.singles(module.bias.numel())))


class _Bytes:
    """A `.bin` file, read from front to back."""

    def __init__(self, path: Path) -> None:
        self._name, self._bytes, self._at = path.name, path.read_bytes(), 0

    def tagged(self, count: int) -> NDArray[np.float32]:
        """`count` weights in whatever precision their tag states; halves are padded to 4 bytes."""
        tag = int.from_bytes(self._take(4), "little")
        if tag == _SINGLE:
            return self.singles(count)
        if tag != _HALF:
            raise WrongWeights(f"{self._name} stores weights in a form not known here ({tag:#x})")
        padded = self._take((2 * count + 3) // 4 * 4)
        return np.frombuffer(padded, "<f2", count).astype(np.float32)

    def singles(self, count: int) -> NDArray[np.float32]:
        """`count` float32."""
        return np.frombuffer(self._take(4 * count), "<f4").astype(np.float32)

    def _take(self, count: int) -> bytes:
        taken = self._bytes[self._at : self._at + count]
        if len(taken) < count:
            raise WrongWeights(f"{self._name} ends too early")
        self._at += count
        return taken

    def end(self) -> None:
        """Raises WrongWeights if bytes are left."""
        if self._at != len(self._bytes):
            raise WrongWeights(f"{self._name} holds {len(self._bytes) - self._at} bytes too many")
