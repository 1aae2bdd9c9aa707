"""The recipe of the starter model: what it composes and says, and that its shortcuts are right.

Training itself is hours; what came of it is tested in tests/operations/test_image_generate_starter.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from tests.support.weights import MODELS

RECIPE = MODELS / "starter" / "recipe"
NAMES = ["apple", "cat", "moon", "grapes", "owl", "robot"]
PARTS = ("captions", "concepts", "judge", "latents", "quick", "scenes", "autoencoder")


@pytest.fixture(scope="module")
def recipe() -> Iterator[SimpleNamespace]:
    """The recipe's modules, which find each other as scripts do; gone afterwards."""
    before, path = set(sys.modules), list(sys.path)
    sys.path.insert(0, str(RECIPE))
    try:
        yield SimpleNamespace(**{name: __import__(name) for name in PARTS})
    finally:
        sys.path[:] = path
        for name in set(sys.modules) - before:
            file = getattr(sys.modules[name], "__file__", None) or ""
            if file.startswith(str(RECIPE)):
                del sys.modules[name]


def test_held_out_pairs_are_never_composed(recipe):
    colours = list(recipe.concepts.COLOURS)
    plan = recipe.latents.singles(NAMES, [0, 1, 2, 3, 4], 2000, random.Random(1))
    met = {(NAMES[number], colour) for number, colour in plan}

    kept_back = recipe.captions.held_out(NAMES[:5], colours)
    assert len(kept_back) == 10
    assert met | kept_back == {(name, colour) for name in NAMES[:5] for colour in colours}
    assert not met & kept_back


def test_the_character_is_never_learnt_by_the_model(recipe):
    assert recipe.concepts.chosen_numbers(NAMES, "all") == [0, 1, 2, 3, 4]
    assert "robot" not in recipe.concepts.common_names()


def test_captions_are_said_as_people_say_them(recipe):
    says = recipe.captions

    assert says.said(says.LEARNT[0], says.thing("apple"), "orange") == (
        "an apple on an orange background"
    )
    assert says.thing("grapes") == "grapes"
    assert says.thing("moon") == "the moon"
    assert says.pair("cat", "owl") == "a cat and an owl"
    assert not set(says.LEARNT) & set(says.HELD_OUT)


def test_things_stand_inside_and_the_judge_finds_the_background_again(recipe):
    renders = torch.zeros(1, 4, 64, 64)
    renders[:, 0] = renders[:, 3] = 1  # a red square without any gap
    plan = [(0, colour) for colour in recipe.concepts.COLOURS]
    dice = torch.Generator().manual_seed(2)

    pictures = recipe.latents.compose(renders, plan, dice) / 2 + 0.5

    wanted = recipe.latents.coloured([colour for _number, colour in plan])
    found = recipe.judge.background(pictures).mean((2, 3))
    assert pictures.shape == (12, 3, 64, 64)
    assert float((found - wanted).abs().max()) < 0.08
    assert float(pictures[1, 0, 32, 32]) > 0.99


def test_the_fused_normalisation_is_the_plain_one(recipe):
    kernels = recipe.quick.library()
    assert kernels is not None, "this machine has no C compiler"
    plain = nn.GroupNorm(4, 16)
    nn.init.normal_(plain.weight)
    fused = recipe.quick.FusedGroupNorm(plain, kernels, silu=True)
    x = torch.randn(3, 16, 6, 10, generator=torch.Generator().manual_seed(3))
    ours, theirs = (each.requires_grad_() for each in (x.bfloat16(), x.bfloat16().float()))

    made, wanted = fused(ours), nn.functional.silu(plain(theirs))
    made.float().square().sum().backward()
    wanted.square().sum().backward()

    assert float((made - wanted).detach().abs().max()) < 0.03
    assert ours.grad is not None
    assert theirs.grad is not None
    assert float((ours.grad - theirs.grad).abs().max()) < 0.03 * float(theirs.grad.abs().max())


def test_the_untrained_autoencoder_keeps_a_thumbnail(recipe):
    model = recipe.autoencoder.fresh((16, 32, 64, 128), 64)
    colours = torch.rand(2, 3, 1, 1, generator=torch.Generator().manual_seed(4)) * 2 - 1

    with torch.no_grad():
        latents = model.encode(colours.expand(-1, -1, 64, 64)).latent_dist.mode()
        made = model.decode(latents).sample

    assert latents.shape == (2, 4, 8, 8)
    assert float((latents[:, :3] - colours).abs().max()) < 0.05
    assert float((made - colours)[..., 8:-8, 8:-8].abs().max()) < 0.1
