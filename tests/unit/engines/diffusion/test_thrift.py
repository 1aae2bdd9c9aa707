"""Tiles and slices: less memory, nearly the same picture; and what a pool does with them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from appliance.core.abilities.text_to_image import TEXT_TO_IMAGE, Brief
from appliance.core.errors import ProcessingFailed
from appliance.core.model import Native
from appliance.core.progress import silent_progress
from appliance.engines import registry
from appliance.engines.budget import ProcessBudget
from appliance.engines.diffusion.text_to_image import PipelineTextToImage, load
from appliance.engines.diffusion.thrift import tile
from appliance.engines.pool import Pool
from appliance.engines.registry import CPU
from tests.support.pipelines import SIDE

BRIEF = Brief("a cat", 512, 512, seed=7)


@pytest.fixture(params=["sd", "sdxl", "flux"])
def fresh(request, models) -> PipelineTextToImage:
    """One of the three families, of this test alone: thrift stays."""
    return load(models[request.param], CPU)


def drawn(engine: Any, brief: Brief = BRIEF) -> np.ndarray:
    return engine.generate(brief, silent_progress()).pixels


def local(decoder: Any) -> None:
    """Take out what makes every pixel of a random network depend on the whole picture.

    In a trained one norms and attention hardly do that: it is why it can be tiled.
    """
    decoder.mid_block.attentions = nn.ModuleList([None])
    _without_norms(decoder)


def _without_norms(network: nn.Module) -> None:
    for name, each in network.named_children():
        if isinstance(each, nn.GroupNorm):
            setattr(network, name, nn.Identity())
        else:
            _without_norms(each)


def test_tiled_the_picture_stays_nearly_the_same(fresh):
    local(fresh._pipe.vae.decoder)
    fresh._native = Native(steps=2, sizes=((256, 256),))
    fresh._pipe.vae.tile_sample_min_size, fresh._pipe.vae.tile_latent_min_size = 256, 32
    whole = drawn(fresh)
    passes: list[tuple[int, ...]] = []
    fresh._pipe.vae.decoder.register_forward_pre_hook(
        lambda _net, given: passes.append(tuple(given[0].shape[2:]))
    )

    assert fresh.thrift(1)
    tiled = drawn(fresh)

    assert len(passes) > 1, "it was done in tiles"
    assert max(max(each) for each in passes) < 256 // 8
    off = np.abs(whole.astype(int) - tiled)
    assert (np.median(off), off.mean() < 2) == (0, True), "only the seams differ"


def test_on_the_cpu_the_ladder_ends_there(fresh):
    assert [fresh.thrift(level) for level in (1, 2, 3)] == [True, False, False]


def test_what_has_no_autoencoder_cannot_be_tiled():
    assert not tile(object())


def test_a_pipeline_that_runs_out_is_tiled_by_its_pool_and_goes_on(models):
    pool = Pool(ProcessBudget(), registry.engine, CPU)
    offer = pool.get(models["sdxl"], TEXT_TO_IMAGE)
    decoder = pool.loaded()[0].offer._pipe.vae.decoder
    largest = SIDE // 8 // 2

    def runs_out(_net: nn.Module, given: tuple[torch.Tensor, ...]) -> None:
        if max(given[0].shape[2:]) > largest:
            torch.empty(1 << 50)

    decoder.register_forward_pre_hook(runs_out)

    assert drawn(offer).shape == (SIDE, SIDE, 3)
    assert pool.loaded()[0].thrift == 1

    largest = 0
    with pytest.raises(ProcessingFailed, match="does not suffice for sdxl"):
        drawn(offer)
    largest = SIDE // 8 // 2
    assert drawn(offer).shape == (SIDE, SIDE, 3)
