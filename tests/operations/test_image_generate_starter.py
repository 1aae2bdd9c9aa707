"""image.generate by the starter model that comes with the appliance: real weights, real pictures.

How well it draws is measured by its recipe (appliance/docs/starter-model.md); here, that it draws
what it is told at all, and that what other models are used for works with it.
"""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from diffusers import StableDiffusionPipeline
from skimage.color import deltaE_ciede2000, rgb2lab

from appliance.adapters.characters import Cast, family_of, intact
from appliance.core.abilities.text_to_image import Brief
from appliance.core.picture import Picture
from appliance.core.progress import silent_progress
from appliance.engines.diffusion.loading import quiet
from appliance.engines.diffusion.text_to_image import PipelineTextToImage, load
from appliance.engines.registry import CPU
from appliance.operations.image.generate import generate
from tests.operations.test_image_upscale import Doubling
from tests.support.run_context import FakeContext
from tests.support.weights import real_model

BRIEF = Brief("a red apple on a blue background", 128, 128, seed=1)
BLUE, GREEN, YELLOW = (50, 100, 220), (65, 170, 80), (250, 215, 70)
MOST_BYTES_OF_OUR_OWN = 60_000_000


@pytest.fixture(scope="module")
def engine() -> PipelineTextToImage:
    return load(real_model("starter"), CPU)


@pytest.fixture(scope="module")
def apple(engine) -> np.ndarray:
    return drawn(engine, BRIEF)


def drawn(engine, brief: Brief) -> np.ndarray:
    return engine.generate(brief, silent_progress()).pixels


def off(one, other) -> float:
    return float(np.abs(one.astype(int) - other).mean())


def corners(pixels: np.ndarray) -> np.ndarray:
    """The colour of the background: things stand in the middle. Median of four corners, 0…1."""
    cut = [pixels[y, x] for y in (slice(8), slice(-8, None)) for x in (slice(8), slice(-8, None))]
    return np.median(np.concatenate([each.reshape(-1, 3) for each in cut]), axis=0) / 255


def far(pixels: np.ndarray, colour: tuple[int, int, int]) -> float:
    """ΔE of the background from a colour."""
    return float(deltaE_ciede2000(rgb2lab(corners(pixels)), rgb2lab(np.array(colour) / 255)))


def start_of(colour: tuple[int, int, int]) -> Picture:
    """A disc in the lower left of a coloured square."""
    y, x = np.mgrid[:128, :128]
    disc = ((x - 40) ** 2 + (y - 84) ** 2 < 28**2)[..., None]
    return Picture(np.where(disc, (230, 60, 50), colour).astype(np.uint8))


def test_the_stock_pipeline_loads_the_folder_and_it_is_small():
    model = real_model("starter")
    ours = [each for each in model.brought if each.name.endswith(".safetensors")]
    with quiet():
        pipe = StableDiffusionPipeline.from_pretrained(model.folder, local_files_only=True)

    assert sum(each.bytes for each in ours) <= MOST_BYTES_OF_OUR_OWN
    assert pipe.text_encoder.config.use_attention_mask is True
    assert pipe.scheduler.config.prediction_type == "v_prediction"
    assert "Microsoft" in (model.folder / "NOTICE").read_text("utf-8")
    assert json.loads((model.folder / "model_index.json").read_text())["vae"][1] == "AutoencoderKL"


def test_the_same_seed_gives_the_same_pixels_and_another_seed_others(engine, apple):
    assert apple.shape == (128, 128, 3)
    assert (drawn(engine, BRIEF) == apple).all()
    assert off(drawn(engine, replace(BRIEF, seed=2)), apple) > 1


@pytest.mark.parametrize(
    ("colour", "value"), [("blue", BLUE), ("green", GREEN), ("yellow", YELLOW)]
)
def test_the_background_has_the_colour_asked_for(engine, colour, value):
    asked = replace(BRIEF, prompt=f"a dog on a {colour} background")

    assert far(drawn(engine, asked), value) < 20


def test_what_is_asked_for_is_what_the_middle_shows(engine, apple):
    lemon = drawn(engine, replace(BRIEF, prompt="a lemon on a blue background"))

    red, yellow = (each[40:88, 40:88].reshape(-1, 3).mean(0) for each in (apple, lemon))
    assert red[0] > red[1] + 40
    assert yellow[1] > red[1] + 40


def test_from_a_picture_the_layout_stays(engine):
    start = start_of(YELLOW)
    asked = replace(BRIEF, prompt="an orange on a yellow background", start=start)

    little, much = (drawn(engine, replace(asked, strength=each)) for each in (0.3, 1.0))

    assert off(little, start.pixels) < 25
    assert off(little, start.pixels) < off(much, start.pixels)


def test_under_a_mask_only_the_masked_part_changes(engine, apple):
    mask = np.zeros((128, 128), np.float32)
    mask[32:96, 32:96] = 1
    asked = replace(BRIEF, prompt="a lemon on a blue background", start=Picture(apple), strength=1)

    changed = drawn(engine, replace(asked, mask=mask))

    kept = mask == 0
    assert (changed[kept] == apple[kept]).all()
    assert off(changed[~kept], apple[~kept]) > 5


def test_its_character_shows_and_is_gone_afterwards_to_the_bit(engine):
    model = real_model("starter")
    robot = Cast(model.folder).find("robot")
    assert robot is not None
    assert intact(robot)
    assert robot.base_model == family_of(model)
    asked = replace(BRIEF, prompt=robot.prompt("a robot on a yellow background"))
    bare = drawn(engine, asked)

    shown = drawn(engine, replace(asked, character=robot))

    assert off(shown, bare) > 5
    assert (drawn(engine, asked) == bare).all()


def test_a_larger_picture_is_made_at_the_native_size_and_enlarged(engine):
    ctx = FakeContext({}, {"image.text_to_image": engine, "image.upscaler": Doubling()})
    asked = {"prompt": BRIEF.prompt, "seed": 1, "width": 256, "height": 256}

    output = generate.run(ctx, generate.read(asked))

    picture, _name, _form = ctx.made[0]
    assert (picture.width, picture.height) == (256, 256)
    assert output.facts["native_size"] == [128, 128]
    assert "128×128" in output.warnings[0]
    assert far(picture.pixels, BLUE) < 20
