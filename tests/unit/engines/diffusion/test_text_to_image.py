"""Pictures from words by Stable Diffusion 1, XL and Flux, with random weights."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import cv2
import diffusers
import numpy as np
import pytest

from appliance.core.abilities.text_to_image import Brief
from appliance.core.errors import ContentBlocked, InvalidInput
from appliance.core.model import Native
from appliance.core.picture import Picture
from appliance.core.progress import Progress, Step, silent_progress
from appliance.engines.diffusion.text_to_image import PipelineTextToImage
from tests.support.pipelines import _t5, _t5_tokenizer, _vae

BRIEF = Brief("a cat", 256, 256, seed=7)
START = Picture(np.full((80, 80, 3), 90, np.uint8))


def made(engine, brief, progress=None) -> np.ndarray:
    return engine.generate(brief, progress or silent_progress()).pixels


def off(one, other) -> float:
    return float(np.abs(one.astype(int) - other).mean())


def test_the_same_brief_gives_the_same_pixels_and_another_seed_others(engine):
    picture = made(engine, BRIEF)

    assert picture.shape == (64, 64, 3)
    assert picture.dtype == np.uint8
    assert (made(engine, BRIEF) == picture).all()
    assert off(made(engine, replace(BRIEF, seed=8)), picture) > 1


def test_the_nearest_native_size_is_made(engine):
    assert made(engine, replace(BRIEF, width=1200, height=800)).shape == (64, 96, 3)


def test_prompt_and_guidance_steer_and_empty_or_odd_prompts_work(engine):
    picture = made(engine, BRIEF)

    assert off(made(engine, replace(BRIEF, prompt="ein Öltanker 🚢 " * 90)), picture) > 0
    assert off(made(engine, replace(BRIEF, guidance=1.5)), picture) > 0
    assert made(engine, replace(BRIEF, prompt="", steps=1)).shape == (64, 64, 3)


def test_a_negative_prompt_changes_what_is_guided_and_nothing_else(engines):
    against = replace(BRIEF, negative_prompt="dogs")

    assert off(made(engines["sd"], against), made(engines["sd"], BRIEF)) > 0
    assert off(made(engines["flux"], against), made(engines["flux"], BRIEF)) == 0


def test_each_step_is_reported_with_a_preview(engine):
    reports: list[Step] = []

    made(engine, replace(BRIEF, steps=5), Progress(reports.append, lambda: None))

    assert [report.step for report in reports] == [0, 1, 2, 3, 4, 5]
    assert {report.steps for report in reports} == {5}
    fractions = [report.fraction for report in reports]
    assert fractions == sorted(fractions)
    assert all(report.preview for report in reports[1:])
    shown = cv2.imdecode(np.frombuffer(reports[-1].preview, np.uint8), cv2.IMREAD_COLOR)
    assert shown.shape == (256, 256, 3)


def test_previews_stay_few_however_many_steps_there_are(engines):
    reports: list[Step] = []

    made(engines["flux"], replace(BRIEF, steps=30), Progress(reports.append, lambda: None))

    assert 8 <= sum(bool(report.preview) for report in reports) <= 10


def test_from_a_picture_more_changes_the_stronger(engine):
    weakest, *stronger = (
        made(engine, replace(BRIEF, start=START, strength=strength, steps=10))
        for strength in (0.0, 0.3, 0.6, 1.0)
    )

    changes = [off(each, weakest) for each in stronger]
    assert weakest.shape == (64, 64, 3)
    assert changes == sorted(changes)
    assert changes[0] > 1


def test_under_a_mask_the_rest_is_kept_to_the_bit(engine):
    mask = np.zeros((80, 80), np.float32)
    mask[:, 40:] = 1

    picture = made(engine, replace(BRIEF, start=START, strength=1.0, mask=mask))

    assert (picture[:, :31] == 90).all()
    assert picture[:, 33:].std() > 5


def test_variants_share_the_weights(engine):
    for mask in (None, np.ones((80, 80), np.float32)):
        variant = engine._variant(replace(BRIEF, start=START, mask=mask))
        assert variant is not engine._pipe
        assert variant.vae is engine._pipe.vae


def pixart() -> PipelineTextToImage:
    """A pipeline without step callback, without img2img, whose denoiser is a plain transformer."""
    transformer = diffusers.PixArtTransformer2DModel(
        sample_size=8,
        num_layers=1,
        patch_size=2,
        attention_head_dim=8,
        num_attention_heads=2,
        caption_channels=32,
        cross_attention_dim=16,
        in_channels=4,
        out_channels=8,
    )
    pipe = diffusers.PixArtSigmaPipeline(
        tokenizer=_t5_tokenizer(),
        text_encoder=_t5(),
        vae=_vae(4),
        transformer=transformer,
        scheduler=diffusers.DPMSolverMultistepScheduler(),
    )
    pipe.set_progress_bar_config(disable=True)
    return PipelineTextToImage(pipe, Native(steps=3, sizes=((64, 64),)))


def test_a_pipeline_without_callback_reports_steps_and_refuses_what_it_cannot():
    engine, reports = pixart(), []

    assert made(engine, BRIEF, Progress(reports.append, lambda: None)).shape == (64, 64, 3)
    assert [report.step for report in reports] == [0, 1, 2, 3]
    with pytest.raises(InvalidInput, match="cannot start from a picture") as refused:
        made(engine, replace(BRIEF, start=START))
    assert refused.value.field == "image"
    with pytest.raises(InvalidInput, match="cannot change a masked part"):
        made(engine, replace(BRIEF, start=START, mask=np.ones((80, 80), np.float32)))


def test_a_model_without_listed_sizes_is_asked_for_its_own(engines):
    engine = PipelineTextToImage(engines["sd"]._pipe, Native())

    settled = engine.settle(replace(BRIEF, width=512, height=256))

    assert (settled.width, settled.height) == (96, 48)
    assert (settled.steps, settled.guidance) == (50, 7.5)


def test_what_the_models_own_filter_blocks_is_no_black_picture(engines, monkeypatch):
    engine = PipelineTextToImage(engines["sd"]._pipe, Native(steps=1, sizes=((64, 64),)))
    flagged = SimpleNamespace(images=[np.zeros((64, 64, 3))], nsfw_content_detected=[True])

    def call(self, **_given: object) -> SimpleNamespace:
        return flagged

    monkeypatch.setattr(diffusers.StableDiffusionPipeline, "__call__", call)
    with pytest.raises(ContentBlocked):
        engine.generate(BRIEF, silent_progress())
