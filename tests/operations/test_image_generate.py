"""image.generate: sizes, seeds, starts and masks; then once with a real pipeline."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from appliance.core.abilities.text_to_image import Brief
from appliance.core.errors import InvalidInput
from appliance.core.picture import Picture
from appliance.core.progress import Progress
from appliance.engines.diffusion.text_to_image import load
from appliance.engines.registry import CPU
from appliance.operations.image.generate import generate
from tests.operations.test_image_upscale import Doubling
from tests.support.loras import save_lora
from tests.support.pipelines import describe, save_pipeline, tiny_sd
from tests.support.run_context import FakeContext, plain, upload


class Painting:
    """A TextToImage of one native size that paints its seed and remembers what it was asked."""

    def __init__(self, width: int = 512, height: int = 512) -> None:
        self.size, self.asked = (width, height), []

    def settle(self, brief: Brief) -> Brief:
        usual = replace(brief, width=self.size[0], height=self.size[1])
        return replace(usual, steps=brief.steps or 20, guidance=brief.guidance or 7.5)

    def generate(self, brief: Brief, progress: Progress) -> Picture:
        self.asked.append(brief)
        progress(0.5, step=1, steps=2)
        return plain(*self.size, colour=(brief.seed % 256, 0, 0))


def context(engine: object, *, upscaler: bool = False, **pictures: Picture) -> FakeContext:
    offers = {"image.text_to_image": engine}
    offers |= {"image.upscaler": Doubling()} if upscaler else {}
    return FakeContext({f"{name}.png": picture for name, picture in pictures.items()}, offers)


def run(ctx: FakeContext, **raw: object):
    return generate.run(ctx, generate.read({"prompt": "a cat", "seed": 7, **raw}))


def test_a_picture_of_the_native_size_is_published_as_it_is():
    engine = Painting()
    ctx = context(engine, upscaler=True)

    output = run(ctx, width=512, height=512, steps=3, negative_prompt="dogs", guidance_scale=2)

    (picture, name, form), (brief,) = ctx.made[0], engine.asked
    assert (picture.width, picture.height, name, form.format) == (512, 512, "picture", "png")
    assert (brief.prompt, brief.negative_prompt, brief.guidance) == ("a cat", "dogs", 2.0)
    assert output.facts == {"seed": 7, "steps": 3, "guidance_scale": 2.0}
    assert output.warnings == ()


def test_several_pictures_take_the_seeds_that_follow():
    ctx = context(Painting())

    output = run(ctx, count=3, width=512, height=512)

    assert [picture.pixels[0, 0, 0] for picture, _name, _form in ctx.made] == [7, 8, 9]
    assert [name for _picture, name, _form in ctx.made] == ["picture-1", "picture-2", "picture-3"]
    used = {"steps": 20, "guidance_scale": 7.5}
    assert output.facts == {"seed": 7, "seeds": [7, 8, 9], **used}
    fractions = [step.fraction for step in ctx.steps]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1


def test_the_last_seed_is_followed_by_the_first():
    engine = Painting()

    run(context(engine), count=2, seed=2**53 - 1, width=512, height=512)

    assert [brief.seed for brief in engine.asked] == [2**53 - 1, 0]


@pytest.mark.parametrize(
    ("size", "factors"), [((1024, 1024), [2]), ((1032, 1024), [4]), ((2048, 2048), [4])]
)
def test_a_larger_size_is_enlarged_by_the_upscaler(size, factors):
    ctx = context(Painting(), upscaler=True)

    output = run(ctx, width=size[0], height=size[1])

    assert (ctx.made[0][0].width, ctx.made[0][0].height) == size
    assert ctx.offers["image.upscaler"].asked == factors
    assert output.facts["native_size"] == [512, 512]
    assert output.warnings == (
        f"The picture was made at the model's native 512×512 px and then resized to "
        f"{size[0]}×{size[1]} px.",
    )


@pytest.mark.parametrize(("size", "upscaler"), [(1024, False), (560, True), (256, True)])
def test_a_little_larger_smaller_or_without_upscaler_it_is_resized(size, upscaler):
    ctx = context(Painting(), upscaler=upscaler)

    output = run(ctx, width=size, height=size)

    assert ctx.made[0][0].pixels.shape == (size, size, 3)
    assert output.facts["native_size"] == [512, 512]
    if upscaler:
        assert ctx.offers["image.upscaler"].asked == []


def test_a_start_is_cropped_to_the_shape_asked_for():
    engine = Painting(256, 256)
    wide = np.zeros((300, 900, 3), np.uint8)
    wide[:, 300:600] = 255

    run(context(engine, photo=Picture(wide)), image=upload(), width=256, height=256)

    (brief,) = engine.asked
    assert brief.start.pixels.shape == (256, 256, 3)
    assert brief.start.pixels[:, 5:-5].min() == 255, "the middle third"
    assert (brief.strength, brief.mask) == (0.6, None)


def test_a_mask_keeps_the_rest_to_the_bit_even_when_enlarged():
    engine = Painting(256, 256)
    white = np.zeros((512, 512, 3), np.uint8)
    white[:, 256:] = 255
    ctx = context(engine, upscaler=True, photo=plain(512, 512, (9, 8, 7)), mask=Picture(white))

    run(ctx, image=upload(), mask=upload("mask.png"), width=512, height=512, seed=200)

    picture = ctx.made[0][0].pixels
    assert (picture[:, :256] == (9, 8, 7)).all()
    assert (picture[:, 256:] == (200, 0, 0)).all()
    assert engine.asked[0].strength == 1.0
    assert engine.asked[0].mask[0, [0, 511]].tolist() == [0, 1]


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ({"prompt": ""}, "prompt"),
        ({"prompt": "x" * 2001}, "prompt"),
        ({"width": 1000.5}, "width"),
        ({"width": 1001}, "width"),
        ({"height": 248}, "height"),
        ({"height": 2056}, "height"),
        ({"steps": 0}, "steps"),
        ({"guidance_scale": 31}, "guidance_scale"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**53}, "seed"),
        ({"count": 5}, "count"),
        ({"mask": upload()}, "mask"),
        ({"strength": 0.5}, "strength"),
        ({"output_format": "gif"}, "output_format"),
    ],
)
def test_wrong_fields_are_refused_by_name(raw, field):
    with pytest.raises(InvalidInput) as refused:
        generate.read({"prompt": "a cat", **raw})

    assert refused.value.field == field


def test_the_defaults_are_those_of_the_contract():
    params = generate.read({"prompt": "a cat"})

    assert (params.width, params.height, params.count) == (1024, 1024, 1)
    assert (params.steps, params.seed, params.image, params.output_format) == (
        None,
        None,
        None,
        "png",
    )
    assert generate.quantity(generate.read({"prompt": "a cat", "count": 3})).pictures == 3


def test_a_real_pipeline_gives_the_same_picture_for_the_same_seed(tmp_path):
    torch.set_num_threads(1)
    engine = load(describe(save_pipeline(tiny_sd, tmp_path / "sd")), CPU)
    once, again = context(engine), context(engine)

    run(once, count=2, width=256, height=256)
    run(again, seed=8, width=256, height=256)

    assert once.made[0][0].pixels.shape == (256, 256, 3)
    assert (once.made[1][0].pixels == again.made[0][0].pixels).all()
    assert any(step.preview for step in once.steps)


def test_a_character_stands_in_the_brief_its_words_in_the_prompt_and_itself_in_the_facts(tmp_path):
    engine = Painting(256, 256)
    ctx = context(engine)
    mira = save_lora({"x.lora": torch.ones(1)}, tmp_path, "mira")
    ctx.characters["mira"] = mira

    output = run(ctx, character="mira", character_weight=0.8, width=256, height=256)

    (brief,) = engine.asked
    assert brief.prompt.startswith("mira the guide, ")
    assert (brief.character, brief.character_weight) == (mira, 0.8)
    assert output.facts["character"] == {"id": "mira", "weight": 0.8, "digest": mira.digest}
