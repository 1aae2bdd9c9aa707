"""Stopping between two passes through a network."""

from __future__ import annotations

import contextlib

import pytest
import torch

from appliance.core.abilities.text_to_image import Brief
from appliance.core.errors import Cancelled
from appliance.core.progress import Progress, Step, silent_progress
from appliance.engines.diffusion.cancel import stoppable
from appliance.engines.diffusion.text_to_image import load
from appliance.engines.registry import Device

BRIEF = Brief("a cat", 64, 64, seed=1, steps=4)


def stopping_at(count: int) -> tuple[Progress, list[Step]]:
    """A Progress whose check raises from its `count`-th call on."""
    reports: list[Step] = []
    calls = iter(range(1, count))

    def check() -> None:
        if next(calls, None) is None:
            raise Cancelled("Stop.")

    return Progress(reports.append, check), reports


def checks_in_all(engine) -> int:
    calls = []
    engine.generate(BRIEF, Progress(lambda _step: None, lambda: calls.append(1)))
    return len(calls)


def test_a_picture_can_be_stopped_at_every_single_check_and_made_afterwards(engine):
    whole = engine.generate(BRIEF, silent_progress()).pixels
    last = checks_in_all(engine)

    for count in range(1, last + 1):
        progress, _reports = stopping_at(count)
        with pytest.raises(Cancelled):
            engine.generate(BRIEF, progress)

    assert (engine.generate(BRIEF, silent_progress()).pixels == whole).all()


def test_stopped_anywhere_in_half_precision_the_autoencoder_still_fits(models):
    engine = load(models["sdxl"], Device("cpu", "float16"))
    whole = engine.generate(BRIEF, silent_progress()).pixels

    for count in range(1, checks_in_all(engine) + 1):
        with pytest.raises(Cancelled):
            engine.generate(BRIEF, stopping_at(count)[0])
        assert engine._pipe.vae.dtype == torch.float16

    assert (engine.generate(BRIEF, silent_progress()).pixels == whole).all()


def test_text_encoder_denoiser_and_decoder_each_ask(engines):
    pipe = engines["sd"]._pipe
    with pytest.raises(Cancelled), stoppable(pipe, stopping_at(1)[0].check):
        pipe.text_encoder(torch.zeros(1, 4, dtype=torch.long))
    with pytest.raises(Cancelled), stoppable(pipe, stopping_at(1)[0].check):
        pipe.vae.decode(torch.zeros(1, 4, 2, 2))
    with pytest.raises(Cancelled), stoppable(pipe, stopping_at(1)[0].check):
        pipe.unet(torch.zeros(1, 4, 8, 8), 1, torch.zeros(1, 4, 32))


def test_a_stop_asked_for_in_a_step_is_heard_before_the_next(engine):
    reports: list[Step] = []

    def check() -> None:
        if reports and reports[-1].step >= 2:
            raise Cancelled("Stop.")

    with pytest.raises(Cancelled):
        engine.generate(BRIEF, Progress(reports.append, check))

    assert reports[-1].step == 2


def test_no_hook_stays_and_precisions_are_put_back(engines):
    pipe = engines["sdxl"]._pipe

    with contextlib.suppress(Cancelled), stoppable(pipe, lambda: None):
        pipe.vae.to(torch.float64)
        raise Cancelled("Stop.")

    assert pipe.vae.dtype == torch.float32
    networks = [each for each in pipe.components.values() if isinstance(each, torch.nn.Module)]
    modules = [module for network in networks for module in network.modules()]
    assert not any(module._forward_pre_hooks for module in modules)
