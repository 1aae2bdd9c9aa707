"""A brief in the words of a pipeline."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from appliance.core.abilities.text_to_image import Brief
from appliance.core.model import Native
from appliance.core.picture import Picture
from appliance.engines.diffusion.calling import arguments, guidance_name, settled

BRIEF = Brief("a cat", 64, 64, seed=1, negative_prompt="dogs")


class Guided:
    """Takes both kinds of guidance, as Qwen-Image and Flux do."""

    def __init__(self, *, distilled: bool) -> None:
        self.transformer = SimpleNamespace(config=SimpleNamespace(guidance_embeds=distilled))

    def __call__(
        self,
        prompt,
        negative_prompt=None,
        true_cfg_scale=4.0,
        guidance_scale=3.5,
        num_inference_steps=50,
    ):
        pass


class Bare:
    """Takes words only."""

    unet = SimpleNamespace(config=SimpleNamespace())

    def __call__(self, prompt):
        pass


@pytest.mark.parametrize(
    ("pipe", "name"),
    [
        (Guided(distilled=True), "guidance_scale"),
        (Guided(distilled=False), "true_cfg_scale"),
        (Bare(), None),
    ],
)
def test_guidance_goes_by_the_name_that_works_in_that_pipeline(pipe, name):
    assert guidance_name(pipe) == name


def test_the_brief_comes_before_the_manifest_and_that_before_the_pipeline():
    pipe, native = Guided(distilled=False), Native(steps=8, guidance=2.0)
    own = settled(pipe, Native(), BRIEF)
    stated = settled(pipe, native, BRIEF)
    asked = settled(pipe, native, Brief("a", 8, 8, seed=1, steps=3, guidance=0.0))

    assert (own.steps, own.guidance) == (50, 4.0)
    assert (stated.steps, stated.guidance) == (8, 2.0)
    assert (asked.steps, asked.guidance) == (3, 0.0)


def test_a_negative_prompt_stays_only_where_it_does_something():
    assert settled(Guided(distilled=False), Native(), BRIEF).negative_prompt == "dogs"
    assert settled(Guided(distilled=True), Native(), BRIEF).negative_prompt == ""
    assert settled(Guided(distilled=False), Native(guidance=1.0), BRIEF).negative_prompt == ""
    assert settled(Bare(), Native(), BRIEF).negative_prompt == ""


@pytest.mark.parametrize(("strength", "steps"), [(0.0, 49), (0.01, 20), (0.0, 1)])
def test_however_weak_at_least_one_step_is_made(strength, steps):
    brief = Brief("a", 8, 8, seed=1, steps=steps, strength=strength)

    kept = settled(Bare(), Native(), brief).strength

    assert int(kept * steps) >= 1
    assert kept <= 1


def test_only_what_the_pipeline_takes_is_given():
    assert arguments(Bare(), settled(Bare(), Native(), BRIEF)) == {"prompt": "a cat"}


def test_pipelines_that_guide_away_from_something_get_something():
    pipe = Guided(distilled=False)

    given = arguments(pipe, settled(pipe, Native(), Brief("a cat", 64, 64, seed=1)))

    assert (given["true_cfg_scale"], given["negative_prompt"]) == (4.0, " ")
    assert "guidance_scale" not in given


def test_a_start_and_a_mask_are_given_at_the_pictures_size(engines):
    pipe = engines["sd"]._variant(Brief("a", 64, 64, seed=1, start=Picture(np.zeros((8, 8, 3)))))
    start = Picture(np.zeros((100, 90, 3), np.uint8))

    given = arguments(pipe, Brief("a", 96, 64, seed=1, steps=2, start=start, strength=0.5))

    assert given["image"].size == (96, 64)
    assert given["strength"] == 0.5
