"""ncnn files into torch modules, and what wrong files are told."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from appliance.engines.upscaling.ncnn import WrongWeights, load_weights, read_layers
from appliance.engines.upscaling.networks import CompactNet, RRDBNet
from tests.support.weights import real_model

PARAM = """7767517
4 4
Input        data   0 1 data
Convolution  conv_0 1 1 data a 0=2 1=3 4=1 5=1 6=27 -23310=1,2.0e-01
Convolution  conv_1 1 1 a b 0=1 1=3 4=1 5=1 6=9
PReLU        relu   1 1 b output 0=1
"""
# 2 and 3 channels would be 54 weights; 27 and 9 are odd on purpose, so that halves need padding.


class Small(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one = nn.Conv2d(3, 1, 3, 1, 1)
        self.two = nn.Conv2d(1, 1, 3, 1, 1)
        self.relu = nn.PReLU(1)


WEIGHTS = np.arange(27, dtype=np.float32) / 32
PARAM_SMALL = PARAM.replace("0=2", "0=1")


def halves(values: np.ndarray) -> bytes:
    packed = values.astype("<f2").tobytes()
    return struct.pack("<I", 0x01306B47) + packed + b"\0" * (-len(packed) % 4)


def singles(values: np.ndarray) -> bytes:
    return struct.pack("<I", 0) + values.astype("<f4").tobytes()


CONTENT = (
    halves(WEIGHTS)
    + struct.pack("<f", 0.5)
    + singles(WEIGHTS[:9])
    + struct.pack("<f", -0.5)
    + struct.pack("<f", 0.25)
)


def written(folder: Path, param: str = PARAM_SMALL, content: bytes = CONTENT) -> tuple[Path, Path]:
    (folder / "a.param").write_text(param)
    (folder / "a.bin").write_bytes(content)
    return folder / "a.param", folder / "a.bin"


def test_halves_singles_biases_and_slopes_land_where_they_belong(tmp_path):
    param, weights = written(tmp_path)
    net = Small()

    load_weights(net, read_layers(param), weights)

    assert torch.equal(net.one.weight.flatten(), torch.from_numpy(WEIGHTS))
    assert torch.equal(net.two.weight.flatten(), torch.from_numpy(WEIGHTS[:9]))
    assert [float(x.detach()) for x in (net.one.bias, net.two.bias, net.relu.weight)] == [
        0.5,
        -0.5,
        0.25,
    ]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (CONTENT[:-1], "a.bin ends too early"),
        (CONTENT[:10], "a.bin ends too early"),
        (CONTENT + b"\0", "1 bytes too many"),
        (b"\1\2\3\4" + CONTENT[4:], "in a form not known here"),
    ],
)
def test_weights_cut_short_too_long_or_in_another_form_are_refused(tmp_path, content, says):
    param, weights = written(tmp_path, content=content)

    with pytest.raises(WrongWeights, match=says):
        load_weights(Small(), read_layers(param), weights)


@pytest.mark.parametrize(
    ("param", "says"),
    [
        (PARAM, "layer conv_0 is not of the shape needed"),
        (PARAM_SMALL.replace("5=1 6=9", "6=9"), "layer conv_1"),
        (PARAM_SMALL.replace("4=1 5=1 6=9", "3=2 4=1 5=1 6=9"), "layer conv_1"),
        (PARAM_SMALL.replace("PReLU ", "ReLU "), "3 weighted layers, the file 2"),
    ],
)
def test_layers_other_than_the_networks_are_refused(tmp_path, param, says):
    path, weights = written(tmp_path, param)

    with pytest.raises(WrongWeights, match=says):
        load_weights(Small(), read_layers(path), weights)


@pytest.mark.parametrize(
    "text", ["", "7767517", "PK\3\4", PARAM.replace("4 4", "5 4"), PARAM + "Conv\n", "é"]
)
def test_what_is_no_complete_param_file_is_refused(tmp_path, text):
    param, _weights = written(tmp_path, text)

    with pytest.raises(WrongWeights, match=r"a\.param"):
        read_layers(param)


def test_the_shipped_weights_fit_their_network_and_no_other():
    model = real_model("upscale-video")
    param, weights = (model.path(each.name) for each in model.files)

    load_weights(CompactNet(16), read_layers(param), weights)

    for other in (CompactNet(15), CompactNet(16, width=32), RRDBNet(1)):
        with pytest.raises(WrongWeights):
            load_weights(other, read_layers(param), weights)
