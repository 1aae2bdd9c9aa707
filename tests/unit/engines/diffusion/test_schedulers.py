"""Schedules by name: they lead to the picture they should, and only where they fit."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest

from appliance.core.abilities.text_to_image import Brief
from appliance.core.errors import InvalidInput
from appliance.core.progress import silent_progress
from appliance.engines.diffusion.schedulers import check_scheduler, scheduled, usable

# Solvers of the same equation: with many steps they must come to the same picture.
EXACT = ["ddim", "deis", "dpmpp_2m", "dpmpp_2m_karras", "euler_karras", "heun", "pndm", "unipc"]
# These add noise on the way: another picture, but a picture.
NOISY = ["ddpm", "dpmpp_2m_sde", "euler_a", "lcm"]


def picture(engine, scheduler, steps=40):
    brief = Brief("a cat", 64, 64, seed=1, steps=steps, scheduler=scheduler)
    return engine.generate(brief, silent_progress()).pixels.astype(int)


@pytest.fixture(scope="module")
def by_euler(engines):
    return picture(engines["sd"], "euler")


def test_every_name_offered_is_tried_here(engines):
    names = usable(engines["sd"]._pipe.scheduler)

    assert sorted([*EXACT, *NOISY, "euler"]) == sorted(names)


@pytest.mark.parametrize("name", EXACT)
def test_exact_schedules_come_to_the_same_picture(engines, by_euler, name):
    assert np.abs(picture(engines["sd"], name) - by_euler).mean() < 2


@pytest.mark.parametrize("name", NOISY)
def test_noisy_schedules_come_to_another_picture(engines, by_euler, name):
    other = picture(engines["sd"], name)

    assert np.abs(other - by_euler).mean() > 2
    assert other.std() > 5


@pytest.mark.parametrize("name", ["flow_match_euler", "flow_match_lcm"])
def test_a_flow_model_takes_flow_schedules(engines, name):
    assert picture(engines["flux"], name, steps=4).std() > 5


@pytest.mark.parametrize(("family", "name"), [("sd", "flow_match_euler"), ("flux", "ddim")])
def test_a_schedule_of_the_other_family_is_refused_with_those_that_fit(engines, family, name):
    with pytest.raises(InvalidInput, match="default, ") as refused:
        picture(engines[family], name)

    assert refused.value.field == "scheduler"
    assert "euler" in str(refused.value)


def test_more_steps_than_a_schedule_has_are_refused(engines):
    own = engines["sd"]._pipe.scheduler

    check_scheduler(own, "lcm", 50)
    with pytest.raises(InvalidInput, match="lcm takes at most 50 steps") as refused:
        check_scheduler(own, "lcm", 51)
    assert refused.value.field == "steps"


def test_the_pipelines_own_schedule_is_back_afterwards(engines):
    pipe = engines["sd"]._pipe
    own = pipe.scheduler

    with contextlib.suppress(RuntimeError), scheduled(pipe, "ddim"):
        assert type(pipe.scheduler).__name__ == "DDIMScheduler"
        raise RuntimeError

    assert pipe.scheduler is own
    with scheduled(pipe, "default"):
        assert type(pipe.scheduler) is type(own)
        assert pipe.scheduler is not own
