"""Shapes and sizes of the two networks."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from appliance.engines.upscaling.networks import CompactNet, RRDBNet


@pytest.mark.parametrize("network", [RRDBNet(1, width=8, growth=4), CompactNet(2, width=8)])
def test_a_picture_becomes_four_times_as_large(network):
    with torch.inference_mode():
        large = network(torch.rand(1, 3, 5, 7))

    assert large.shape == (1, 3, 20, 28)


@pytest.mark.parametrize(
    ("network", "convolutions", "millions"), [(RRDBNet(23), 351, 16.7), (CompactNet(16), 18, 0.6)]
)
def test_the_published_sizes_have_the_published_weights(network, convolutions, millions):
    assert sum(isinstance(each, nn.Conv2d) for each in network.modules()) == convolutions
    assert sum(each.numel() for each in network.parameters()) / 1e6 == pytest.approx(
        millions, abs=0.05
    )


def test_the_small_network_adds_to_the_picture_enlarged():
    network = CompactNet(1, width=4)
    for each in network.parameters():
        nn.init.zeros_(each)
    small = torch.rand(1, 3, 3, 3)

    with torch.inference_mode():
        large = network(small)

    assert torch.equal(large, small.repeat_interleave(4, 2).repeat_interleave(4, 3))
