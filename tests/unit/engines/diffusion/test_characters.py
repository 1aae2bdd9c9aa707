"""LoRAs on a real pipeline: put on for a picture, gone without a trace after it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from appliance.core.abilities.text_to_image import Brief
from appliance.core.character import Character
from appliance.core.errors import Cancelled, InvalidInput
from appliance.core.picture import Picture
from appliance.core.progress import Progress, silent_progress
from tests.support.loras import lora_of, save_lora

BRIEF = Brief("a cat", 256, 256, seed=7)


@pytest.fixture(scope="module")
def weights(engines) -> dict[str, torch.Tensor]:
    return lora_of(engines["sdxl"]._pipe.unet, "unet")


@pytest.fixture
def mira(weights, tmp_path) -> Character:
    return save_lora(weights, tmp_path, "mira")


@pytest.fixture
def bare(engines) -> np.ndarray:
    return drawn(engines["sdxl"], BRIEF)


def drawn(engine, brief: Brief, progress: Progress | None = None) -> np.ndarray:
    return engine.generate(brief, progress or silent_progress()).pixels


def off(one, other) -> float:
    return float(np.abs(one.astype(int) - other).mean())


def refused(engines, character: Character, bare: np.ndarray, why: str, family="sdxl") -> None:
    """It is told why not, and the model draws as before."""
    before = bare if family == "sdxl" else drawn(engines[family], BRIEF)
    with pytest.raises(InvalidInput, match=why) as told:
        drawn(engines[family], replace(BRIEF, character=character))
    assert told.value.field == "character"
    assert off(drawn(engines[family], BRIEF), before) == 0


def test_a_character_shows_and_is_gone_afterwards_to_the_bit(engines, mira, bare):
    with_her = drawn(engines["sdxl"], replace(BRIEF, character=mira))

    assert off(with_her, bare) > 3
    assert off(drawn(engines["sdxl"], BRIEF), bare) == 0
    assert off(drawn(engines["sdxl"], replace(BRIEF, character=mira)), with_her) == 0


def test_the_weight_says_how_much_it_shows(engines, mira, bare):
    none, little = (
        drawn(engines["sdxl"], replace(BRIEF, character=mira, character_weight=weight))
        for weight in (0.0, 0.1)
    )
    full = drawn(engines["sdxl"], replace(BRIEF, character=mira))

    assert off(none, bare) == 0
    assert 0 < off(little, bare) < off(full, bare)


def test_it_shows_in_a_picture_from_a_picture_too(engines, mira):
    start = replace(BRIEF, start=Picture(np.full((80, 80, 3), 90, np.uint8)), strength=0.9)

    without = drawn(engines["sdxl"], start)

    assert off(drawn(engines["sdxl"], replace(start, character=mira)), without) > 1
    assert off(drawn(engines["sdxl"], start), without) == 0


def test_a_cancelled_picture_leaves_no_character_behind(engines, mira, bare):
    def stop() -> None:
        raise Cancelled("Stop.")

    brief = replace(BRIEF, character=mira)
    with pytest.raises(Cancelled):
        drawn(engines["sdxl"], brief, Progress(lambda _step: None, stop))

    assert off(drawn(engines["sdxl"], BRIEF), bare) == 0


@pytest.mark.parametrize(
    ("there", "here", "why"),
    [
        ("attn", "other", "not found in the base model"),
        ("unet.", "transformer.", "it names no layer"),
    ],
)
def test_one_whose_layers_are_none_of_the_model_s_is_refused(
    engines, weights, tmp_path, bare, there, here, why
):
    astray = {name.replace(there, here): each for name, each in weights.items()}

    character = save_lora(astray, tmp_path, "nobody")

    refused(engines, character, bare, f"nobody .* does not fit this model: .*{why}")


def test_one_of_other_sizes_is_refused(engines, weights, tmp_path, bare):
    wide = {
        name: torch.zeros(2, 99) if "lora_A" in name else each for name, each in weights.items()
    }

    refused(engines, save_lora(wide, tmp_path, "wide"), bare, "wide .* of other sizes")


def test_a_file_that_is_no_lora_is_refused(engines, mira, tmp_path, bare):
    none = save_lora({"some.weight": torch.ones(3)}, tmp_path, "none")
    damaged = save_lora({"x.lora": torch.ones(3)}, tmp_path, "damaged")
    damaged.path.write_bytes(b"\x10\0\0\0\0\0\0\0nonsense")

    refused(engines, none, bare, "none .* does not fit")
    refused(engines, damaged, bare, "damaged")
    refused(engines, replace(mira, folder=Path("/nowhere")), bare, "cannot be read")


def test_one_of_another_family_is_refused(engines, mira, bare):
    refused(engines, mira, bare, r"mira \(for sdxl\) does not fit", family="flux")
