"""Progress from step to step, with the pipeline's callback and without."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from torch import nn

from appliance.engines.diffusion.stepping import followed


class Denoiser(nn.Module):
    def forward(self, x):
        return x


class Plain:
    """A pipeline that knows no step callback."""

    def __init__(self) -> None:
        self.unet = Denoiser()

    def __call__(self, prompt, num_inference_steps):
        for _step in range(num_inference_steps):
            self.unet(torch.zeros(1))


def test_a_pipeline_without_callback_is_counted_at_its_denoiser():
    pipe, seen = Plain(), []

    with followed(pipe, 3, lambda *report: seen.append(report)) as more:
        pipe("a cat", 3, **more)

    assert seen == [(1, 3, None), (2, 3, None), (3, 3, None)]
    assert not pipe.unet._forward_hooks


def test_the_hook_goes_also_when_the_pipeline_fails():
    pipe = Plain()

    with pytest.raises(RuntimeError), followed(pipe, 3, lambda *_report: None):
        raise RuntimeError

    assert not pipe.unet._forward_hooks


def test_a_second_pass_in_a_step_does_not_run_over_the_end():
    pipe, seen = Plain(), []

    with followed(pipe, 2, lambda *report: seen.append(report[0])):
        pipe("a cat", 4)

    assert seen == [1, 2, 2, 2]


def test_the_callback_tells_the_steps_that_are_really_made(engines):
    seen, latents = [], torch.zeros(1, 4, 8, 8)

    with followed(engines["sd"]._pipe, 10, lambda *report: seen.append(report)) as more:
        after_step = more["callback_on_step_end"]
        kept = after_step(SimpleNamespace(num_timesteps=6), 1, 0, {"latents": latents})

    assert seen == [(2, 6, latents)]
    assert kept == {"latents": latents}
