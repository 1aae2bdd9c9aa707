"""The choice of device. What the GPU's budget measures needs a GPU and is measured on one."""

from __future__ import annotations

import torch

from appliance.engines.cuda import best_device
from appliance.engines.registry import CPU


def test_the_best_device_is_one_that_torch_can_compute_on():
    device = best_device()

    sample = torch.ones(2, dtype=getattr(torch, device.dtype), device=device.name)

    assert float((sample + sample).sum()) == 4
    assert torch.cuda.is_available() or device == CPU
